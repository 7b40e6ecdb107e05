using System.Reflection;
using System.Runtime.InteropServices;

namespace Stoa.Ledger.Checkpoints;

/// <summary>The functions of OpenSSL 3 by which Ed25519 is signed and verified.</summary>
/// <remarks>.NET 10 has no Ed25519 of its own; on Linux it loads this library for everything else (decision 0024).</remarks>
internal static partial class LibCrypto
{
    internal const int Ed25519 = 1087;

    private const string Library = "crypto";

    private static readonly string[] Names = ["libcrypto.so.3", "libcrypto.so", "libcrypto.3.dylib", "libcrypto-3-x64.dll"];

    private static readonly nint Loaded = Load();

    static LibCrypto() => NativeLibrary.SetDllImportResolver(
        typeof(LibCrypto).Assembly, static (name, _, _) => name == Library ? Loaded : nint.Zero);

    /// <summary>Whether the library is there and knows Ed25519.</summary>
    internal static bool IsThere => Loaded != nint.Zero && NativeLibrary.TryGetExport(Loaded, "EVP_PKEY_new_raw_private_key", out _);

    [LibraryImport(Library)]
    internal static partial KeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    internal static partial KeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Library)]
    internal static partial int EVP_PKEY_get_raw_public_key(KeyHandle key, Span<byte> target, ref nuint length);

    [LibraryImport(Library)]
    internal static partial ContextHandle EVP_MD_CTX_new();

    [LibraryImport(Library)]
    internal static partial int EVP_DigestSignInit(ContextHandle context, nint key, nint digest, nint engine, KeyHandle signer);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestSign(
        ContextHandle context, Span<byte> signature, ref nuint length, ReadOnlySpan<byte> text, nuint textLength);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestVerifyInit(ContextHandle context, nint key, nint digest, nint engine, KeyHandle signer);

    [LibraryImport(Library)]
    internal static partial int EVP_DigestVerify(
        ContextHandle context, ReadOnlySpan<byte> signature, nuint length, ReadOnlySpan<byte> text, nuint textLength);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint context);

    private static nint Load()
    {
        foreach (var name in Names)
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), null, out var handle)) return handle;
        return nint.Zero;
    }

    internal sealed class KeyHandle() : SafeHandle(nint.Zero, true)
    {
        public override bool IsInvalid => handle == nint.Zero;

        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }

    internal sealed class ContextHandle() : SafeHandle(nint.Zero, true)
    {
        public override bool IsInvalid => handle == nint.Zero;

        protected override bool ReleaseHandle()
        {
            EVP_MD_CTX_free(handle);
            return true;
        }
    }
}
