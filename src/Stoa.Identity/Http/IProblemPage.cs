using Microsoft.AspNetCore.Http;
using Stoa.Vocabulary;

namespace Stoa.Identity.Http;

/// <summary>Stands in the features of a request by which a browser asked for a page: a refusal is then told on a page too.</summary>
/// <remarks>Like the document it is made of the problem and of the address alone, so that what is absent and what is hidden look alike.</remarks>
public interface IProblemPage
{
    /// <summary>Writes the page; headers that are the same for every form of a refusal are set.</summary>
    Task WriteAsync(Problem problem, HttpContext context);
}
