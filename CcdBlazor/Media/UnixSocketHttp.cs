using System.Net.Sockets;

namespace CcdBlazor.Media;

/// <summary>HTTP over a Unix domain socket.</summary>
internal static class UnixSocketHttp
{
    public static HttpClient Create(string socketPath) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
        UseProxy = false,
        AllowAutoRedirect = false,
    })
    {
        BaseAddress = new Uri("http://media-worker"),
        Timeout = Timeout.InfiniteTimeSpan,
        // Connecting to a socket costs microseconds; a kept connection to a worker that was replaced costs a failed job.
        DefaultRequestHeaders = { ConnectionClose = true },
    };
}
