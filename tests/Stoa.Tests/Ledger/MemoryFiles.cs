using Stoa.Ledger.Evidence;

namespace Stoa.Tests.Ledger;

/// <summary>The files of a pack in memory.</summary>
internal sealed class MemoryFiles : EvidenceFiles
{
    private readonly Dictionary<string, byte[]> _files;

    public MemoryFiles(Dictionary<string, byte[]> files)
    {
        _files = files;
        foreach (var (name, bytes) in files) Take(name, bytes.Length);
    }

    public override Stream OpenFile(string name) => new MemoryStream(_files[name]);
}
