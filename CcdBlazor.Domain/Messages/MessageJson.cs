using System.Text.Json.Serialization;
using CcdBlazor.Domain.Messages.Sending;

namespace CcdBlazor.Domain.Messages;

/// <summary>What is stored with a message, written and read without reflection.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(List<Fallback>))]
internal sealed partial class MessageJson : JsonSerializerContext;
