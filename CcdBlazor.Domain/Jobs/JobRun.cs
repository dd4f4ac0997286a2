namespace CcdBlazor.Domain.Jobs;

/// <summary>One run of a scheduled job. Kept for <see cref="JobRuns.KeptFor"/>.</summary>
internal sealed class JobRun
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>The stable name of the job.</summary>
    public required string Job { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>None while it runs, and for ever when the node died under it.</summary>
    public DateTimeOffset? FinishedAt { get; private set; }

    public JobOutcome Outcome { get; private set; } = JobOutcome.Running;

    /// <summary>One short sentence for the administrator: what was done, or what went wrong. Never personal data.</summary>
    public string? Text { get; private set; }

    /// <summary>Which node of the cluster ran it.</summary>
    public required string Node { get; init; }

    /// <summary>The member of staff who asked for it; none when the schedule did.</summary>
    public Guid? TriggeredBy { get; init; }

    public void Finish(JobOutcome outcome, string? text, DateTimeOffset now)
    {
        Outcome = outcome;
        Text = text is { Length: > LongestText } ? text[..LongestText] : text;
        FinishedAt = now;
    }

    public const int LongestText = 500;
}

/// <summary>How a run ended. The names are stored.</summary>
public enum JobOutcome
{
    /// <summary>Still running, or its node died.</summary>
    Running,
    Succeeded,
    Failed,
    /// <summary>The program stopped before the run was over; the next run goes on.</summary>
    Cancelled,
}
