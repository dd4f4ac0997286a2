using CcdBlazor.Domain.Portraits.Matching;

namespace CcdBlazor.Tests.Portraits.Matching;

/// <summary>
/// The classical assignment problem by the Hungarian method with potentials (Kuhn 1955, in the O(n³) form of Jonker and Volgenant), over single places: a manager with room
/// for five is five columns, and each customer who may stay out brings a column of its own. It shares nothing with the program, and its optimum is that of the linear
/// program, whose corners are whole numbers. Knows no minimum loads.
/// </summary>
internal static class PlainAssignment
{
    /// <summary>Least cost, where leaving out who must be assigned costs <paramref name="staying"/>.</summary>
    public static double LeastCost(MatchingProblem problem, double staying)
    {
        var columns = problem.LoadLimits.SelectMany((limit, manager) => Enumerable.Repeat(manager, Math.Min(limit.Maximum, problem.Customers))).ToArray();
        var (n, width) = (problem.Customers, columns.Length + problem.Customers);
        var cost = new double[n, width];
        for (var c = 0; c < n; c++)
        {
            for (var p = 0; p < columns.Length; p++)
                cost[c, p] = float.IsInfinity(problem.Cost(c, columns[p])) ? 1e12 : problem.Cost(c, columns[p]);
            for (var own = 0; own < n; own++)
                cost[c, columns.Length + own] = own != c ? 1e12 : float.IsNaN(problem.UnassignedCost(c)) ? staying : problem.UnassignedCost(c);
        }

        return Solve(cost, n, width);
    }

    private static double Solve(double[,] cost, int rows, int columns)
    {
        var (u, v) = (new double[rows + 1], new double[columns + 1]);
        var (rowOf, before) = (new int[columns + 1], new int[columns + 1]);
        for (var row = 1; row <= rows; row++)
        {
            rowOf[0] = row;
            var column = 0;
            var least = new double[columns + 1];
            Array.Fill(least, double.PositiveInfinity);
            var used = new bool[columns + 1];
            do
            {
                used[column] = true;
                var (at, delta, next) = (rowOf[column], double.PositiveInfinity, 0);
                for (var j = 1; j <= columns; j++)
                {
                    if (used[j])
                        continue;
                    var reduced = cost[at - 1, j - 1] - u[at] - v[j];
                    if (reduced < least[j])
                        (least[j], before[j]) = (reduced, column);
                    if (least[j] < delta)
                        (delta, next) = (least[j], j);
                }

                for (var j = 0; j <= columns; j++)
                    if (used[j])
                    {
                        u[rowOf[j]] += delta;
                        v[j] -= delta;
                    }
                    else
                        least[j] -= delta;
                column = next;
            }
            while (rowOf[column] != 0);

            for (; column != 0; column = before[column])
                rowOf[column] = rowOf[before[column]];
        }

        return Enumerable.Range(1, columns).Where(j => rowOf[j] != 0).Sum(j => cost[rowOf[j] - 1, j - 1]);
    }
}
