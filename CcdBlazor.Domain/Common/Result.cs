using System.Diagnostics.CodeAnalysis;

namespace CcdBlazor.Domain.Common;

/// <summary>The outcome of a write that returns nothing but "done" or a refusal.</summary>
public readonly record struct Result(Refusal? Refusal)
{
    public static Result Done => default;

    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Ok => Refusal is null;

    public static implicit operator Result(Refusal refusal) => new(refusal);
}

/// <summary>The outcome of an operation: a value, or the refusal that says why there is none.</summary>
public readonly record struct Result<T>
{
    private readonly T? value;

    private Result(T? value, Refusal? refusal)
    {
        this.value = value;
        Refusal = refusal;
    }

    public Refusal? Refusal { get; }

    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool Ok => Refusal is null;

    /// <summary>The value. Asking for it on a refusal is a bug and throws.</summary>
    public T Value => Refusal is null ? value! : throw new InvalidOperationException($"No value: refused with {Refusal.Code}.");

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Refusal refusal) => new(default, refusal);

    public Result WithoutValue() => new(Refusal);
}
