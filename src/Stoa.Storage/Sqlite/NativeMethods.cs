using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stoa.Storage.Sqlite;

/// <summary>The functions of libsqlite3 that are used, and where the library is found.</summary>
/// <remarks>
/// Short calls that neither block nor call back are marked SuppressGCTransition: they run for every column of every row.
/// A library beside the program wins over the system's; below 3.40 the program refuses to start.
/// </remarks>
internal static unsafe partial class NativeMethods
{
    internal const int VersionMin = 3_040_000;
    private const string Library = "sqlite3";

    static NativeMethods() => NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);

    internal static void EnsureLoaded()
    {
        int version;
        try
        {
            version = sqlite3_libversion_number();
        }
        catch (DllNotFoundException)
        {
            throw new StorageException(StorageFailure.Library,
                "The SQLite library was not found. Install it (Debian: apt-get install libsqlite3-0) or put libsqlite3.so " +
                "beside the program.");
        }

        if (version < VersionMin)
            throw new StorageException(StorageFailure.Library,
                $"SQLite 3.40 or later is needed; the library found is {version / 1_000_000}.{version / 1000 % 1000}. " +
                "Update libsqlite3 or put a newer libsqlite3.so beside the program.");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return 0;
        string[] beside = ["libsqlite3.so", "libsqlite3.so.0", "libsqlite3.dylib", "sqlite3.dll"];
        foreach (var file in beside)
            if (NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, file), out var own)) return own;
        string[] system = ["libsqlite3.so.0", "libsqlite3.so", "libsqlite3.dylib", "sqlite3", "winsqlite3"];
        foreach (var file in system)
            if (NativeLibrary.TryLoad(file, out var found)) return found;
        return 0;
    }

    [LibraryImport(Library)] internal static partial int sqlite3_libversion_number();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sqlite3_open_v2(string path, out nint db, int flags, nint vfs);

    [LibraryImport(Library)] internal static partial int sqlite3_close_v2(nint db);

    [LibraryImport(Library)] internal static partial int sqlite3_extended_result_codes(nint db, int on);

    [LibraryImport(Library)] internal static partial int sqlite3_busy_timeout(nint db, int milliseconds);

    [LibraryImport(Library)] internal static partial byte* sqlite3_errmsg(nint db);

    [LibraryImport(Library)] internal static partial int sqlite3_error_offset(nint db);

    [LibraryImport(Library)] internal static partial int sqlite3_exec(nint db, byte* sql, nint callback, nint arg, nint error);

    [LibraryImport(Library)]
    internal static partial int sqlite3_prepare_v3(nint db, byte* sql, int bytes, uint flags, out nint statement, out byte* tail);

    [LibraryImport(Library)] internal static partial int sqlite3_step(nint statement);

    [LibraryImport(Library)] internal static partial int sqlite3_reset(nint statement);

    [LibraryImport(Library)] internal static partial int sqlite3_clear_bindings(nint statement);

    [LibraryImport(Library)] internal static partial int sqlite3_finalize(nint statement);

    [LibraryImport(Library)] internal static partial int sqlite3_bind_parameter_index(nint statement, byte* name);

    [LibraryImport(Library)] internal static partial int sqlite3_bind_parameter_count(nint statement);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int sqlite3_bind_int64(nint statement, int index, long value);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int sqlite3_bind_double(nint statement, int index, double value);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int sqlite3_bind_null(nint statement, int index);

    [LibraryImport(Library)]
    internal static partial int sqlite3_bind_text(nint statement, int index, byte* value, int bytes, nint destructor);

    [LibraryImport(Library)]
    internal static partial int sqlite3_bind_blob(nint statement, int index, byte* value, int bytes, nint destructor);

    [LibraryImport(Library)] internal static partial int sqlite3_column_count(nint statement);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int sqlite3_column_type(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition] internal static partial long sqlite3_column_int64(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition] internal static partial double sqlite3_column_double(nint statement, int column);

    // Text and blobs may convert and allocate, so these two are ordinary calls.
    [LibraryImport(Library)] internal static partial byte* sqlite3_column_text(nint statement, int column);

    [LibraryImport(Library)] internal static partial byte* sqlite3_column_blob(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition] internal static partial int sqlite3_column_bytes(nint statement, int column);

    [LibraryImport(Library), SuppressGCTransition] internal static partial long sqlite3_changes64(nint db);

    [LibraryImport(Library)]
    internal static partial void sqlite3_progress_handler(
        nint db, int operations, delegate* unmanaged[Cdecl]<nint, int> callback, nint arg);

    [LibraryImport(Library)]
    internal static partial nint sqlite3_wal_hook(
        nint db, delegate* unmanaged[Cdecl]<nint, nint, byte*, int, int> callback, nint arg);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int sqlite3_create_function_v2(
        nint db, string name, int arguments, int flags, nint user,
        delegate* unmanaged[Cdecl]<nint, int, nint*, void> function, nint step, nint final, nint destroy);

    [LibraryImport(Library)] internal static partial nint sqlite3_user_data(nint context);

    // What functions written in C# call is an ordinary call, short as it is: a call without transition inside a method that native code calls
    // ended the process within seconds of load ("attempted to call a UnmanagedCallersOnly method from managed code", bench/ scopes newest).
    [LibraryImport(Library)] internal static partial int sqlite3_value_type(nint value);

    [LibraryImport(Library)] internal static partial long sqlite3_value_int64(nint value);

    [LibraryImport(Library)] internal static partial double sqlite3_value_double(nint value);

    [LibraryImport(Library)] internal static partial byte* sqlite3_value_text(nint value);

    [LibraryImport(Library)] internal static partial byte* sqlite3_value_blob(nint value);

    [LibraryImport(Library)] internal static partial int sqlite3_value_bytes(nint value);

    [LibraryImport(Library)] internal static partial void sqlite3_result_int64(nint context, long value);

    [LibraryImport(Library)] internal static partial void sqlite3_result_double(nint context, double value);

    [LibraryImport(Library)] internal static partial void sqlite3_result_null(nint context);

    [LibraryImport(Library)]
    internal static partial void sqlite3_result_text(nint context, byte* value, int bytes, nint destructor);

    [LibraryImport(Library)]
    internal static partial void sqlite3_result_blob(nint context, byte* value, int bytes, nint destructor);

    [LibraryImport(Library)]
    internal static partial void sqlite3_result_error(nint context, byte* message, int bytes);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint sqlite3_backup_init(nint destination, string destinationName, nint source, string sourceName);

    [LibraryImport(Library)] internal static partial int sqlite3_backup_step(nint backup, int pages);

    [LibraryImport(Library)] internal static partial int sqlite3_backup_remaining(nint backup);

    [LibraryImport(Library)] internal static partial int sqlite3_backup_pagecount(nint backup);

    [LibraryImport(Library)] internal static partial int sqlite3_backup_finish(nint backup);

    [LibraryImport(Library)]
    internal static partial int sqlite3_wal_checkpoint_v2(nint db, nint name, int mode, out int walFrames, out int checkpointed);
}
