using CcdBlazor.Domain.Common;

namespace CcdBlazor.Domain.Portraits.Segments;

/// <summary>Rows of numbers, row after row in one array; what the clustering works on.</summary>
public sealed class FeatureMatrix
{
    /// <summary>Wraps the values; they are not copied.</summary>
    public FeatureMatrix(int rows, int columns, float[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (values.Length < (long)rows * columns)
            throw new ArgumentException("Fewer values than rows × columns.", nameof(values));
        (Rows, Columns, Values) = (rows, columns, values);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Row-major.</summary>
    public float[] Values { get; }

    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>A copy of some rows, in the given order.</summary>
    public FeatureMatrix Select(ReadOnlySpan<int> rows)
    {
        var values = GC.AllocateUninitializedArray<float>(rows.Length * Columns);
        for (var i = 0; i < rows.Length; i++)
            Row(rows[i]).CopyTo(values.AsSpan(i * Columns));
        return new FeatureMatrix(rows.Length, Columns, values);
    }
}

/// <summary>Refusals of the clustering.</summary>
public static class SegmentRefusals
{
    public static readonly Refusal NoRows = new("segments.no_rows", "没有可用于分群的客户画像。");
    public static readonly Refusal NotANumber = new("segments.not_a_number", "画像数据中有无效数值，无法分群。");
    public static readonly Refusal WrongCount = new("segments.wrong_count", "分群数量须在 1 到 200 之间。") { Field = "Segments" };
    public static readonly Refusal WrongWeights = new("segments.wrong_weights", "客户权重必须是非负数，且不能全部为零。");
    public static readonly Refusal TooLarge = new("segments.too_large", "客户数与特征数的乘积过大，请减少特征。", RefusalKind.TooLarge);
}
