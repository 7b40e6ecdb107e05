using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stoa.Sharing.Exchanges;
using Stoa.Storage;
using Stoa.Vocabulary;
using Xunit;

namespace Stoa.Tests.Sharing;

/// <summary>A connection can break between a commit and its answer; what is sent again must not stand twice.</summary>
[Trait("Engine", "Postgres")]
public class Records_whose_commit_went_unheard
{
    private static readonly CancellationToken Now = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stand_once()
    {
        using var folder = new TemporaryFolder();
        var address = new NpgsqlConnectionStringBuilder(TestDatabases.ConnectionStringOf(folder.Path));
        await using var line = new BrokenLine(address.Port, "INTO exchange AS kept");
        address.Port = line.Port;
        await using var database = await TestDatabases.OpenAsync(new() { Folder = folder.Path, ConnectionString = address.ConnectionString }, Now);
        using var log = new ExchangeLog(database, new(), TimeProvider.System, NullLogger<ExchangeLog>.Instance);
        await log.StartAsync(Now);
        for (var i = 0; i < 3; i++)
            log.Add(new()
            {
                Id = log.NextId(Instant.From(TimeProvider.System.GetUtcNow())), Datasets = [new(7)], DatasetCount = 1, Channel = Stoa.Sharing.Policy.Channel.Api,
                Method = "GET", Route = "/", Query = "", Status = 200, Rows = 1, Bytes = 10, Digest = default, Version = i,
            });

        await log.DrainAsync(Now);
        await log.StopAsync(Now);

        Assert.Equal(1, line.Cuts);
        using var read = await database.ReadAsync(Now);
        Assert.Equal(3, Number(read, "SELECT CAST(sum(accesses) AS bigint) FROM exchange"));
        Assert.Equal(1, Number(read, "SELECT count(*) FROM exchange_batch"));
    }

    private static long Number(Session read, string sql)
    {
        using var select = read.Prepare(sql);
        Assert.True(select.Step());
        return select.Int64(0);
    }

    /// <summary>
    /// A line to the server. The first connection over which a text was sent is cut in place of the server's word that the transaction has ended.
    /// </summary>
    private sealed class BrokenLine : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _done = new();
        private readonly int _server;
        private readonly byte[] _text;
        private readonly Task _accepting;
        private int _cuts;

        public BrokenLine(int server, string text)
        {
            (_server, _text) = (server, System.Text.Encoding.UTF8.GetBytes(text));
            _listener.Start();
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Cuts => _cuts;

        private async Task AcceptAsync()
        {
            var lines = new List<Task>();
            try
            {
                while (true) lines.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_done.Token)));
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(lines);
            }
        }

        private async Task ServeAsync(TcpClient client)
        {
            using var server = new TcpClient();
            using (client)
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, _done.Token);
                var (near, far) = (client.GetStream(), server.GetStream());
                var wasSent = false;
                await Task.WhenAny(
                    PassAsync(near, far, sent => { wasSent |= sent.Span.IndexOf(_text) >= 0; return true; }),
                    // ReadyForQuery, idle (PostgreSQL 15, 55.7).
                    PassAsync(far, near, heard => !wasSent || !heard.Span.EndsWith("Z\0\0\0\x05I"u8) || Interlocked.Increment(ref _cuts) > 1));
            }
        }

        private async Task PassAsync(NetworkStream from, NetworkStream to, Func<ReadOnlyMemory<byte>, bool> passes)
        {
            var buffer = new byte[65536];
            try
            {
                while (await from.ReadAsync(buffer, _done.Token) is > 0 and var length && passes(buffer.AsMemory(0, length)))
                    await to.WriteAsync(buffer.AsMemory(0, length), _done.Token);
            }
            catch (Exception error) when (error is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // One side is gone, or the test is over.
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _done.CancelAsync();
            await _accepting;
            _listener.Dispose();
            _done.Dispose();
        }
    }
}
