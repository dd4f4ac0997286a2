namespace CcdBlazor.Domain.Common;

/// <summary>
/// What a role may do. Roles are sets of these that an administrator edits; code asks for a permission, never for a role.
/// The names are stored: rename only with a migration.
/// </summary>
public enum Permission
{
    /// <summary>See every customer, whoever owns it.</summary>
    ViewAllCustomers,
    /// <summary>See customers whose file was submitted for review at least once.</summary>
    ViewSubmittedFiles,
    /// <summary>Create customers and edit the visible ones.</summary>
    EditCustomers,
    /// <summary>Move customers to the recycle bin and back.</summary>
    DeleteCustomers,
    /// <summary>Hand a customer to another owner.</summary>
    ReassignCustomers,
    /// <summary>See a full identity number; each time is written to the audit with a reason.</summary>
    RevealIdentity,
    /// <summary>Upload, replace and withdraw documents; create customer links; submit for review.</summary>
    CollectDocuments,
    /// <summary>Accept and return documents; approve, refuse and return files.</summary>
    ReviewDocuments,
    /// <summary>Reopen a decided file.</summary>
    ReopenFiles,
    /// <summary>Download the untouched original (with its metadata).</summary>
    DownloadOriginals,
    /// <summary>Edit loan products and their document rules.</summary>
    EditProducts,
    /// <summary>Create and disable accounts, departments and roles.</summary>
    ManageStaff,
    /// <summary>Read the audit.</summary>
    ViewAudit,
    /// <summary>See and steer scheduled jobs.</summary>
    ManageJobs,
    /// <summary>Statistics of everybody, not only of one's own customers.</summary>
    ViewStatistics,
    /// <summary>Export lists.</summary>
    ExportCustomers,
    /// <summary>See and change the settings of the program, and approve what colleagues propose.</summary>
    ManageSettings,
    /// <summary>Share saved views of a list with everybody.</summary>
    ShareViews,
    /// <summary>Make, change and end the keys with which other systems call the HTTP API.</summary>
    ManageApiKeys,
    /// <summary>Write and switch message templates.</summary>
    ManageTemplates,
    /// <summary>Release what a colleague wrote: templates, and sends so large that they need a second person.</summary>
    ApproveTemplates,
    /// <summary>Keep the accounts with message providers, and the opt-out, block and white lists.</summary>
    ManageChannels,
    /// <summary>Send messages and steer batches.</summary>
    SendMessages,
    /// <summary>See sent messages, their traces and the figures of the message platform.</summary>
    ViewMessages,
    /// <summary>See portraits of the visible customers, profiles of account managers, and what assignments found.</summary>
    ViewPortraits,
    /// <summary>Keep the profiles of account managers, conflicts of interest, and start dry runs of an assignment.</summary>
    ManagePortraits,
    /// <summary>Approve and apply assignments, undo them, and hand single customers to a suggested manager.</summary>
    AssignManagers,
    /// <summary>Pick customers up from the public pools of one's department.</summary>
    PickFromPool,
    /// <summary>Keep the public pools and the rules of release; move customers between all of them.</summary>
    ManagePools,
    /// <summary>Open and close the accounts with which the visible customers sign in.</summary>
    ManageCustomerAccounts,
}
