using System.Text;
using Stoa.Ledger.Checkpoints;
using Stoa.Ledger.Merkle;
using Xunit;

namespace Stoa.Tests.Ledger;

/// <summary>Notes, keys, checkpoints and proofs as files, by the texts of C2SP and the values of others.</summary>
public class Signed_notes
{
    // golang.org/x/mod, sumdb/note, the example of its documentation (BSD-3-Clause).
    private const string GoKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    private const string GoSecret = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    private const string GoNote =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    // C2SP signed-note and tlog-cosignature, their examples.
    private const string Poem =
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n" +
        "— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    private const string Sofa =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" +
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static byte[] Hex(string text) => Convert.FromHexString(text);

    [Theory]
    [InlineData("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    [InlineData("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")]
    public void Are_signed_by_RFC_8032(string seed, string publicKey, string text, string signature)
    {
        Assert.True(Ed25519.IsSupported);
        Assert.Equal(Hex(publicKey), Ed25519.PublicKeyOf(Hex(seed)));
        Assert.Equal(Hex(signature), Ed25519.Sign(Hex(seed), Hex(text)));
        Assert.True(Ed25519.Verify(Hex(publicKey), Hex(text), Hex(signature)));
        for (var bit = 0; bit < 8 * Ed25519.SignatureLength; bit += 7)
        {
            var wrong = Hex(signature);
            wrong[bit / 8] ^= (byte)(1 << bit % 8);
            Assert.False(Ed25519.Verify(Hex(publicKey), Hex(text), wrong));
        }

        Assert.False(Ed25519.Verify(Hex(publicKey), [.. Hex(text), 1], Hex(signature)));
        Assert.False(Ed25519.Verify(Hex(publicKey), Hex(text), Hex(signature).AsSpan(0, 63)));
        Assert.False(Ed25519.Verify(Hex(publicKey).AsSpan(1), Hex(text), Hex(signature)));
    }

    // S is below the order of the group (RFC 8032, 5.1.7): S plus the order signs the same and is refused.
    [Fact]
    public void Refuse_a_signature_that_was_made_over_into_another()
    {
        var signature = Hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
        var order = System.Numerics.BigInteger.Pow(2, 252) + System.Numerics.BigInteger.Parse("27742317777372353535851937790883648493");
        var s = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        Assert.True(s.TryWriteBytes(signature.AsSpan(32), out _, isUnsigned: true));

        Assert.False(Ed25519.Verify(Hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), [], signature));
    }

    [Fact]
    public void Are_those_of_Go()
    {
        Assert.True(VerifierKey.TryParse(GoKey, out var key));
        Assert.True(SignerKey.TryParse(GoSecret, out var secret));
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(GoNote), out var note));

        Assert.Equal(GoKey, key!.ToString());
        Assert.Equal(GoKey, secret!.ToString());
        Assert.Equal(GoSecret, secret.ToSecret());
        Assert.True(note!.IsSignedBy(key));
        Assert.Equal(GoNote, (note with { Signatures = [secret.Sign(note.Text, Noon)] }).ToString());
        Assert.False((note with { Text = note.Text.Replace("is.", "was.", StringComparison.Ordinal) }).IsSignedBy(key));
    }

    [Theory]
    [InlineData(Poem)]
    [InlineData(Sofa)]
    [InlineData(GoNote)]
    public void Are_read_and_written_byte_for_byte(string text)
    {
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out var note));

        Assert.Equal(text, note!.ToString());
        Assert.EndsWith("\n", note.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text\n")]
    [InlineData("text\n\n")]
    [InlineData("text\n\n— name\n")]
    [InlineData("text\n\n— name AAAA\n")]
    [InlineData("text\n\n— name AAAAAAA=")]
    [InlineData("text\n\n- name AAAAAAA=\n")]
    [InlineData("text\n\n—name AAAAAAA=\n")]
    [InlineData("text\n\n— na+me AAAAAAA=\n")]
    [InlineData("text\n\n— name AAAAAAB=\n")]
    [InlineData("text\n\n— name AAAA AAA=\n")]
    [InlineData("te\txt\n\n— name AAAAAAA=\n")]
    [InlineData("te\rxt\n\n— name AAAAAAA=\n")]
    [InlineData("text\n\n— name AAAAAAA=\nmore\n")]
    public void Refuse_what_is_none(string text) => Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Refuse_what_is_no_UTF_8_or_signed_too_often()
    {
        Assert.False(SignedNote.TryParse([.. "te"u8, 0xff, .. "xt\n\n— name AAAAAAA=\n"u8], out _));
        var line = "— name AAAAAAA=\n";
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes("text\n\n" + string.Concat(Enumerable.Repeat(line, SignedNote.SignaturesMax))), out _));
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes("text\n\n" + string.Concat(Enumerable.Repeat(line, SignedNote.SignaturesMax + 1))), out _));
        Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(new string('a', SignedNote.BytesMax) + "\n\n" + line), out _));
    }

    [Theory]
    [InlineData("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T")]
    [InlineData("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")]
    [InlineData("PeterNeumann")]
    [InlineData("")]
    public void Refuse_a_key_that_does_not_fit_its_id(string text) => Assert.False(VerifierKey.TryParse(text, out _));

    [Fact]
    public void Count_signatures_of_known_keys_alone_and_refuse_a_wrong_one()
    {
        var log = SignerKey.Generate("city.example/log/audit", SignatureType.Ed25519);
        var other = SignerKey.Generate("city.example/log/audit", SignatureType.Ed25519);
        var checkpoint = new Checkpoint("city.example/log/audit", 0, MerkleTree.EmptyRoot).ToString();
        var note = new SignedNote(checkpoint, [other.Sign(checkpoint, Noon), log.Sign(checkpoint, Noon)]);
        var wrong = log.Sign("something else\n", Noon);

        Assert.True(note.IsSignedBy(log.Verifier));
        Assert.True(note.IsSignedBy(other.Verifier));
        Assert.False(note.IsSignedBy(SignerKey.Generate("city.example/log/audit", SignatureType.Ed25519).Verifier));
        Assert.False(note.With([wrong]).IsSignedBy(log.Verifier));
        Assert.True(note.With([wrong]).IsSignedBy(other.Verifier));
        Assert.Equal(2, note.With(note.Signatures).Signatures.Count);
    }

    [Fact]
    public void Say_when_a_witness_saw_them()
    {
        var witness = SignerKey.Generate("witness.example/w1", SignatureType.CosignatureV1);
        var checkpoint = new Checkpoint("city.example/log/audit", 0, MerkleTree.EmptyRoot).ToString();
        var note = new SignedNote(checkpoint, [witness.Sign(checkpoint, Noon)]);
        var later = note.Signatures[0].Bytes.ToArray();
        later[7]++;

        Assert.Equal(Noon, note.TimeOf(witness.Verifier));
        Assert.Null((note with { Signatures = [note.Signatures[0] with { Bytes = later }] }).TimeOf(witness.Verifier));
        Assert.Null((note with { Signatures = [note.Signatures[0] with { Bytes = later[..^1] }] }).TimeOf(witness.Verifier));
        Assert.True(SignedNote.TryParse(note.ToBytes(), out var read));
        Assert.Equal(Noon, read!.TimeOf(witness.Verifier));
    }

    [Fact]
    public void Hold_checkpoints()
    {
        Assert.True(SignedNote.TryParse(Encoding.UTF8.GetBytes(Sofa), out var note));
        Assert.True(Checkpoint.TryParse(note!.Text, out var checkpoint));

        Assert.Equal(("example.com/behind-the-sofa", 20852163L), (checkpoint!.Origin, checkpoint.Size));
        Assert.Equal(note.Text, checkpoint.ToString());
        foreach (var text in new[]
                 {
                     "", "o\n", "o\n1\n", "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "o\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
                     "o\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
                     "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
                     "o\n9223372036854775808\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "o\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
                     "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\na",
                 })
            Assert.False(Checkpoint.TryParse(text, out _), text);
        Assert.True(Checkpoint.TryParse("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\nlines\n", out var extended));
        Assert.Equal("more\nlines\n", extended!.Extensions);
    }

    [Fact]
    public void Are_proofs_in_a_file()
    {
        var log = SignerKey.Generate("city.example/log/audit", SignatureType.Ed25519);
        var checkpoint = new Checkpoint("city.example/log/audit", 8, ReferenceTree.Hash(ReferenceTree.Roots[8])).ToString();
        var proof = new LogProof(5, ReferenceTree.Hashes(ReferenceTree.Inclusions[1].Proof), new(checkpoint, [log.Sign(checkpoint, Noon)]))
        {
            Extra = ReferenceTree.Entries[5],
        };
        var file = proof.ToBytes();

        Assert.True(LogProof.TryParse(file, out var read));
        Assert.Equal(file, read!.ToBytes());
        Assert.True(read.Includes(MerkleTree.Leaf(read.Extra!)));
        Assert.False(read.Includes(MerkleTree.Leaf(ReferenceTree.Entries[4])));
        Assert.True(read.Note.IsSignedBy(log.Verifier));
        var without = proof with { Extra = null };
        Assert.True(LogProof.TryParse(without.ToBytes(), out read));
        Assert.Null(read!.Extra);
        // Whatever byte is changed: the file is none, or proves nothing, or nobody known signed it.
        for (var i = 0; i < file.Length; i++)
        {
            var changed = file.ToArray();
            changed[i] ^= 1;
            Assert.False(LogProof.TryParse(changed, out var other) && other!.Includes(MerkleTree.Leaf(ReferenceTree.Entries[5])) &&
                other.Note.IsSignedBy(log.Verifier) && MerkleTree.Leaf(other.Extra ?? []) == MerkleTree.Leaf(ReferenceTree.Entries[5]), $"byte {i}");
        }
    }
}
