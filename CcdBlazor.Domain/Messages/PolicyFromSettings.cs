using CcdBlazor.Domain.Messages.Batches;
using CcdBlazor.Domain.Messages.Delivery;
using CcdBlazor.Domain.Settings;

namespace CcdBlazor.Domain.Messages;

/// <summary>
/// Keeps what the engine goes by in step with the configuration centre, on this node. Settings reach every node by announcement, so a change
/// made anywhere holds here with the next group of messages.
/// </summary>
public sealed class PolicyFromSettings(SettingsReader settings, DeliveryPolicySource policy, BatchService batches)
{
    private readonly Lock gate = new();
    private bool following;

    /// <summary>Takes over the settings of now and every later change. Call once they are loaded; a second call does nothing.</summary>
    public void Follow()
    {
        lock (gate)
        {
            if (following)
                return;
            following = true;
        }

        On(MessageSettings.PoolLeast);
        On(MessageSettings.PoolMost);
        On(MessageSettings.Attempts);
        On(MessageSettings.FirstBackOff);
        On(MessageSettings.LongestBackOff);
        On(MessageSettings.ThrottleRest);
        On(MessageSettings.CredentialsRest);
        On(MessageSettings.BreakerFailures);
        On(MessageSettings.BreakerRest);
        On(MessageSettings.SameContent);
        On(MessageSettings.DailyCap);
        On(MessageSettings.QuietFrom);
        On(MessageSettings.QuietUntil);
        On(MessageSettings.QuietSmear);
        On(MessageSettings.TestMode);
        On(MessageSettings.ApprovalAbove);
        Apply();
    }

    private void On<T>(Setting<T> setting) => settings.Watch(setting).Changed += _ => Apply();

    private void Apply()
    {
        lock (gate)
        {
            var least = settings.Get(MessageSettings.PoolLeast);
            policy.Current = policy.Current with
            {
                PoolLeast = least,
                PoolMost = Math.Max(least, settings.Get(MessageSettings.PoolMost)),
                MostAttempts = settings.Get(MessageSettings.Attempts),
                FirstBackOff = settings.Get(MessageSettings.FirstBackOff),
                LongestBackOff = settings.Get(MessageSettings.LongestBackOff),
                ThrottleRest = settings.Get(MessageSettings.ThrottleRest),
                CredentialsRest = settings.Get(MessageSettings.CredentialsRest),
                BreakerFailures = settings.Get(MessageSettings.BreakerFailures),
                BreakerRest = settings.Get(MessageSettings.BreakerRest),
                SameContentWindow = settings.Get(MessageSettings.SameContent),
                DailyCap = settings.Get(MessageSettings.DailyCap),
                QuietFrom = MessageSettings.TimeOf(settings.Get(MessageSettings.QuietFrom)),
                QuietUntil = MessageSettings.TimeOf(settings.Get(MessageSettings.QuietUntil)),
                QuietSmear = settings.Get(MessageSettings.QuietSmear),
                TestMode = settings.Get(MessageSettings.TestMode),
            };
            batches.ApprovalAbove = settings.Get(MessageSettings.ApprovalAbove);
        }
    }
}
