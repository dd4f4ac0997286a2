using System.Buffers.Binary;
using CcdBlazor.Domain.Common.Identifiers;
using CcdBlazor.Domain.Customers;
using CcdBlazor.Domain.Documents;
using CcdBlazor.Domain.Products;

namespace CcdBlazor.Bench;

/// <summary>A product with what its checklist says at each number of documents.</summary>
internal sealed record BenchProduct(Guid Id, Guid RulesVersionId, ChecklistRules Rules)
{
    private static readonly string[][] FactSets = [[], ["married"], ["self_employed"], ["married", "owns_property"]];
    private readonly Dictionary<(int, int), CompletenessReport> reports = [];
    private readonly Dictionary<int, (string Item, int Ordinal)[]> orders = [];

    public static string[] Facts(int i) => FactSets[i % FactSets.Length];

    /// <summary>Items in the order in which customers hand them in: what is needed first, then the rest; further papers replace the first one.</summary>
    public (string Item, int Ordinal, bool Replaced) Document(int customer, int n, int count)
    {
        var order = Order(customer);
        var older = Math.Max(0, count - order.Length);
        return n < order.Length
            ? (order[n].Item, order[n].Ordinal + (order[n].Item == order[0].Item ? older : 0), false)
            : (order[0].Item, n - order.Length + 1, true);
    }

    public CompletenessReport Report(int customer, int count)
    {
        lock (reports)
        {
            if (reports.TryGetValue((customer % FactSets.Length, count), out var known))
                return known;
            var order = Order(customer);
            var documents = Enumerable.Range(0, Math.Min(count, order.Length)).Select(n => new DocumentFact(Guid.NewGuid(), order[n].Item, DocumentState.Uploaded)).ToArray();
            return reports[(customer % FactSets.Length, count)] = Completeness.Of(Rules, Facts(customer).ToHashSet(), documents);
        }
    }

    private (string Item, int Ordinal)[] Order(int customer)
    {
        lock (orders)
        {
            if (orders.TryGetValue(customer % FactSets.Length, out var known))
                return known;
            var empty = Completeness.Of(Rules, Facts(customer).ToHashSet(), []);
            var groups = new HashSet<string>();
            var needed = empty.Items.Where(i => i.Needed && (i.Rule.GroupCode is not { } group || groups.Add(group))).Select(i => i.Rule).ToList();
            var rest = empty.Items.Select(i => i.Rule).Where(r => r.AppliesTo(Facts(customer).ToHashSet()) && !needed.Contains(r));
            return orders[customer % FactSets.Length] =
                [.. needed.Concat(rest).SelectMany(r => Enumerable.Range(1, needed.Contains(r) ? r.MinFiles : 1).Select(n => (r.Code, n)))];
        }
    }
}

/// <summary>Everything about the i-th customer is a function of i, so that several tables can be written side by side.</summary>
internal sealed class BenchCustomer(int i, int all, DateTimeOffset end, IReadOnlyList<BenchOwner> owners, IReadOnlyList<BenchProduct> products)
{
    private const int Days = 1_095;
    /// <summary>Five on average, and in three of ten cases enough for a complete file.</summary>
    private static readonly int[] Counts = [14, 0, 13, 1, 13, 1, 4, 0, 3, 1];
    private static readonly string[] Sources = ["转介绍", "网络广告", "电话营销", "门店", "合作渠道"];
    private static readonly string[] AllTags = ["优质", "加急", "二次贷款", "房产抵押", "需回访"];
    private readonly uint random = BenchNames.Mix(i);

    public int Index => i;

    public Guid Id => At(CreatedAt, 1, i);

    private int Day => (int)((long)i * Days / all);

    public string Number
    {
        get
        {
            var day = CustomerNumbers.DayOf(end).AddDays(Day - Days);
            var first = (int)(((long)Day * all + Days - 1) / Days);
            return $"KH-{day:yyyyMMdd}-{i - first + 1:0000}";
        }
    }

    public DateTimeOffset CreatedAt => end.AddDays(Day - Days).AddSeconds(random % 36_000);

    public DateTimeOffset UpdatedAt
    {
        get
        {
            var at = CreatedAt.AddMinutes(BenchNames.Mix(i + 7) % (60 * 24 * 40));
            return at < end ? at : end.AddSeconds(-(random % 80_000));
        }
    }

    public CustomerKind Kind => i % 10 == 3 ? CustomerKind.Company : CustomerKind.Person;

    public string Name => Kind == CustomerKind.Company ? BenchNames.Company(i) : BenchNames.Person(i);

    public string[] Phones => i % 7 == 0 ? [MobilePhone.SyntheticAt(i).Value, MobilePhone.SyntheticAt(all + i).Value] : [MobilePhone.SyntheticAt(i).Value];

    /// <summary>Four of five have handed in their number.</summary>
    public string? Identity => i % 5 == 2 ? null : Kind == CustomerKind.Company ? UnifiedCreditCode.SyntheticAt(i).Value : CitizenNumber.SyntheticAt(i).Value;

    public string? Source => i % 4 == 0 ? null : Sources[(int)(random / 5 % 5)];

    public string[] Tags => (random / 25 % 4) switch { 0 => [AllTags[(int)(random / 100 % 5)]], 1 => [AllTags[0], AllTags[1 + (int)(random / 100 % 4)]], _ => [] };

    public string[] Facts => BenchProduct.Facts(i);

    public BenchOwner Owner => owners[(int)(BenchNames.Mix(i + 13) % (uint)owners.Count)];

    public Guid[] Collaborators => i % 20 == 0 && owners[i / 20 % owners.Count] is var other && other != Owner ? [other.Id] : [];

    public BenchProduct Product => products[(int)(random / 3 % (uint)products.Count)];

    public decimal Amount => 10_000m * (1 + random % 100);

    public int Documents => Counts[i % Counts.Length];

    public CompletenessReport Report => Product.Report(i, Documents);

    /// <summary>Nearly all complete files were decided long ago; the newest are at work.</summary>
    public CustomerState State => !Report.Complete ? CustomerState.Collecting : (random / 11 % 100) switch
    {
        < 3 => CustomerState.Complete,
        < 5 => CustomerState.InReview,
        < 90 => CustomerState.Approved,
        _ => CustomerState.Rejected,
    };

    public DateTimeOffset DocumentAt(int n) => CreatedAt + (UpdatedAt - CreatedAt) * ((n + 1.0) / (Documents + 2));

    public Guid DocumentId(int n) => At(DocumentAt(n), 2, i * 16 + n);

    public Guid FileId(int n) => At(DocumentAt(n), 3, i * 16 + n);

    public Guid DecisionId(int n, DateTimeOffset at) => At(at, 4, i * 16 + n);

    /// <summary>Version 7: the time in front, so that primary keys grow at their end as they do in the program.</summary>
    private static Guid At(DateTimeOffset at, byte kind, int n)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.ToUnixTimeMilliseconds() << 16);
        bytes[6] = 0x70;
        bytes[7] = kind;
        bytes[8] = 0x80;
        BinaryPrimitives.WriteInt32BigEndian(bytes[12..], n);
        return new Guid(bytes, bigEndian: true);
    }
}
