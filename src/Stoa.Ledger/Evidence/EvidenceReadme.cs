using System.Globalization;
using System.Text;

namespace Stoa.Ledger.Evidence;

/// <summary>How to verify a pack, in plain words, for whoever unpacks it years later.</summary>
internal static class EvidenceReadme
{
    /// <summary>The file that belongs to what a pack is to prove.</summary>
    public static byte[] Of(EvidenceManifest manifest)
    {
        var keys = manifest.Keys.Count == 0 ? "    (it does not say)\n" : string.Concat(manifest.Keys.Select(key => $"    {key}\n"));
        var text = string.Create(CultureInfo.InvariantCulture,
        $"""
        EVIDENCE PACK ({EvidencePack.Format})

        About:  {OneLine(manifest.About)}
        Made:   {manifest.Made.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC

        The files here can be compared with a transparency log: an append-only list whose operator signs how many entries it
        holds and a hash over all of them. Nothing but the operator's public key is needed, and neither a server nor trust in
        whoever sent you this pack.

        GET THE PUBLIC KEY FROM SOMEWHERE ELSE than this pack: from the operator's site, a newspaper, a notary, another
        organization. Who changes a file can also write another key into a pack. The maker of this pack says that it is:

        {keys}
        1. WITH THE PROGRAM

            stoa verify PACK.zip --key "NAME+ID+KEY"
            stoa verify PACK.zip --key "NAME+ID+KEY" --older OLDER-CHECKPOINT --policy WITNESSES

           The folder into which the pack was unpacked may stand in the place of PACK.zip. It says line by line what is proven,
           what is not, and what is wrong. The exit code is 0 when nothing is wrong, and 4 when something is.

        2. IN A BROWSER

           Open verify.html. It holds the files, asks no server, and computes the same. It came with this pack: whoever
           changes a file could change the page too. If much depends on it, use the program.

        3. BY HAND

           evidence.json says what each file is to prove; nobody signs it, and only what follows counts.

           proofs/*.tlog-proof    C2SP tlog-proof: the entry ("extra", base64), its index, the hashes of the proof, and the
                                  checkpoint with its signatures (Ed25519 over the text above the empty line).
                                  Leaf  = SHA-256(0x00, entry)      Node = SHA-256(0x01, left, right)     (RFC 6962, 2.1)
                                  The hashes lead from the leaf to the root in the checkpoint.             (RFC 9162, 2.1.3.2)
           "digest"               SHA-256 of the file is the entry's member "digest".
           "commitment"           SHA-256("stoa/commit/v1", salt, file) is the entry's member "commit"; the salt has 32
                                  bytes and stands in evidence.json. The file is canonical JSON (RFC 8785): do not format it.
           "members"              each line of the file, without its newline, is a leaf of a tree of the same kind. The line of
                                  the same number in the file "proofs" has the name of an entry's proof, the index of the leaf
                                  and the hashes. The entry's members "root" ("digest" in a batch of accesses) and
                                  "count" say root and number of leaves.
           "detail"               SHA-256 of the file is the member "member" of a line of the file "lines", which is proven.
           proofs/*.consistency   leads from the root of an older checkpoint to that of this one.          (RFC 9162, 2.1.4.2)

        4. AN ANSWER THAT YOU HOLD

           A line that was recorded of an access has the SHA-256 of the body of the answer in its member "sha256". The file that
           you downloaded is that answer when it has the same:

            sha256sum FILE
            stoa verify PACK.zip --key "NAME+ID+KEY" --answer FILE

        WHAT IS NOT PROVEN

           That what an entry says is true: a log shows what was recorded and that it was not changed since.
           That nothing was left out of this pack: it holds what somebody chose.
           Titles, and what the pack is said to be about: they stand in evidence.json, which nobody signs.

        """);
        return Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"));
    }

    private static string OneLine(string text) => new([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
}
