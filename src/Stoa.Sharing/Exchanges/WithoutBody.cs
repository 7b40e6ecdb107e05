using Microsoft.AspNetCore.Http;

namespace Stoa.Sharing.Exchanges;

/// <summary>Stands in the features of a request that is answered as GET and whose answer leaves without its body (HEAD): none of its rows leaves.</summary>
internal sealed class WithoutBody
{
    private static readonly WithoutBody Asked = new();

    private WithoutBody()
    {
    }

    public static void Mark(HttpContext context) => context.Features.Set(Asked);

    public static bool IsAsked(HttpContext context) => context.Features.Get<WithoutBody>() is not null;
}
