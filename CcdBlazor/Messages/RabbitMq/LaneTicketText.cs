using System.Text.Json;
using CcdBlazor.Domain.Messages.Delivery;

namespace CcdBlazor.Messages.RabbitMq;

/// <summary>A ticket as it travels: small JSON, so that it can be read in the dead-letter queue.</summary>
internal static class LaneTicketText
{
    public static byte[] Write(LaneTicket ticket) => JsonSerializer.SerializeToUtf8Bytes(ticket, JsonSerializerOptions.Web);

    public static bool TryRead(byte[] body, out LaneTicket ticket)
    {
        try
        {
            ticket = JsonSerializer.Deserialize<LaneTicket>(body, JsonSerializerOptions.Web);
            return ticket.Claim != Guid.Empty && ticket.Node != Guid.Empty && ticket.Class is >= 0 and < Domain.Messages.Sending.PriorityClass.Count && Enum.IsDefined(ticket.Channel);
        }
        catch (JsonException)
        {
            ticket = default;
            return false;
        }
    }
}
