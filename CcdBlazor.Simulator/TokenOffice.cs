using System.Security.Cryptography;

namespace CcdBlazor.Simulator;

/// <summary>Hands out access tokens as the providers do: the same one again while it has long to live, then a new one beside the old.</summary>
internal sealed class TokenOffice(Simulation sim, TimeSpan sameUntilLeft)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (SimAccount Account, DateTimeOffset Until)> tokens = [];
    private readonly Dictionary<SimAccount, string> current = [];

    public (string Token, int Seconds) Give(SimAccount account)
    {
        lock (gate)
        {
            sim.Messages.CountToken(account.Kind);
            var now = sim.Now;
            if (current.TryGetValue(account, out var token) && tokens[token].Until - now > sameUntilLeft)
                return (token, (int)(tokens[token].Until - now).TotalSeconds);
            token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(48));
            tokens[token] = (account, now.AddSeconds(account.TokenSeconds));
            current[account] = token;
            return (token, account.TokenSeconds);
        }
    }

    /// <summary>Whose token it is; none when unknown or expired.</summary>
    public SimAccount? Owner(string token)
    {
        lock (gate)
            return tokens.TryGetValue(token, out var found) && sim.Now < found.Until ? found.Account : null;
    }

    public bool Known(string token)
    {
        lock (gate)
            return tokens.ContainsKey(token);
    }

    /// <summary>From now on it is refused, whatever it has left.</summary>
    public void Withdraw(string token)
    {
        lock (gate)
            if (tokens.TryGetValue(token, out var found))
            {
                tokens[token] = (found.Account, sim.Now);
                if (current.GetValueOrDefault(found.Account) == token)
                    current.Remove(found.Account);
            }
    }
}

/// <summary>Remembers what a provider recognises as sent before, for as long as it documents.</summary>
internal sealed class SeenBefore(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, DateTimeOffset> seen = [];

    /// <summary>True when it was there within the time; it is not remembered anew then.</summary>
    public bool Again(string key, TimeSpan within)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (seen.TryGetValue(key, out var at) && now - at < within)
                return true;
            seen[key] = now;
            return false;
        }
    }
}
