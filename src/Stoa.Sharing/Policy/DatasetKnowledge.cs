using Stoa.Identity.Credentials;
using Stoa.Sharing.Roles;
using Stoa.Vocabulary;

namespace Stoa.Sharing.Policy;

/// <summary>Whether somebody may know that a dataset exists, although it may not see what is in it.</summary>
internal static class DatasetKnowledge
{
    /// <summary>Whether the requester may know of the dataset: because it may see it, because it is listed, or because of what it is towards it.</summary>
    public static bool IsKnownTo(AccessPolicy policy, Requester requester, DatasetId dataset)
    {
        if (requester.IsAdministrator || policy.Read(requester).ContainsAny(dataset)) return true;
        return !policy.Decide(requester, dataset, DataAction.See).IsOutsider;
    }
}
