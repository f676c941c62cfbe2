<#
.SYNOPSIS
Publishes this Gangway bundle, or takes it back, one printed step after the other.

.DESCRIPTION
Order: payload share, bootstrap in NETLOGON, settings before tasks, WMI filter, permissions, links.
Every step looks first and does nothing when its work is done, so the script can be started again
at any time. Links are made switched off unless -EnableLinks is given. -WhatIf changes nothing.
Needs the modules ActiveDirectory and GroupPolicy (RSAT) and an account that may create GPOs, write
to NETLOGON and to the payload share.

.PARAMETER Path
Folder of the bundle; by default the folder above this script.
.PARAMETER LinkTo
Distinguished names of domains or units to link the GPOs to.
.PARAMETER EnableLinks
Switches the links on.
.PARAMETER AllowUnsigned
Publishes a bootstrap without a valid signature. For tests only.
.PARAMETER Remove
Takes links, task GPO and bootstrap of this bundle away again. Settings, WMI filter and payloads
stay: without the settings passive servers would turn active.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
    [string] $Path = (Split-Path -Parent $PSScriptRoot),
    [string[]] $LinkTo = @(),
    [switch] $EnableLinks,
    [switch] $AllowUnsigned,
    [switch] $Remove,
    [int] $ReplicationMinutes = 15
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What this bundle is. Every text below is written by Gangway as a quoted literal.
$bundleId = {{ bundle_id }}
$releaseId = {{ release_id }}
$exeName = {{ exe_name }}
$shareRoot = {{ share_root }}
$domains = @(
{%- for domain in domains %}
    @{
        Name = {{ domain.name }}
        Filter = @{
            Id = {{ domain.filter.id }}
            Name = {{ domain.filter.name }}
            Description = {{ domain.filter.description }}
            Author = {{ domain.filter.author }}
            Date = {{ domain.filter.date }}
            Parm2 = {{ domain.filter.parm2 }}
        }
        Gpos = @(
{%- for gpo in domain.gpos %}
            @{ Name = {{ gpo.name }}; BackupId = {{ gpo.backup_id }}; Folder = {{ gpo.folder }}; IsTask = ${{ gpo.is_task }} }
{%- endfor %}
        )
    }
{%- endfor %}
)

function Write-Step([string] $Text) {
    Write-Host ('--> ' + $Text)
}

function Assert-SameFile([string] $Left, [string] $Right) {
    $a = (Get-FileHash -Algorithm SHA256 -LiteralPath $Left).Hash
    $b = (Get-FileHash -Algorithm SHA256 -LiteralPath $Right).Hash
    if ($a -ne $b) { throw "'$Right' is not the file of this bundle (SHA-256 $b, expected $a)" }
}

# Copies under a temporary name, compares, then renames: nobody sees half a file.
function Copy-Checked([string] $Source, [string] $Target) {
    if (Test-Path -LiteralPath $Target) { Assert-SameFile $Source $Target; return }
    Write-Step "copy '$Source' to '$Target'"
    if (-not $PSCmdlet.ShouldProcess($Target, 'Copy')) { return }
    $folder = Split-Path -Parent $Target
    if (-not (Test-Path -LiteralPath $folder)) { New-Item -ItemType Directory -Path $folder | Out-Null }
    $part = $Target + '.part'
    Copy-Item -LiteralPath $Source -Destination $part -Force
    Assert-SameFile $Source $part
    Rename-Item -LiteralPath $part -NewName (Split-Path -Leaf $Target)
}

# Keeps the newest entries besides the one in use.
function Remove-Old([string] $Folder, [string] $Pattern, [string] $Current, [int] $Keep) {
    if (-not (Test-Path -LiteralPath $Folder)) { return }
    $old = @(Get-ChildItem -LiteralPath $Folder | Where-Object { $_.Name -match $Pattern -and $_.Name -ne $Current } |
        Sort-Object -Property LastWriteTimeUtc -Descending | Select-Object -Skip $Keep)
    foreach ($entry in $old) {
        Write-Step "remove '$($entry.FullName)', older than the last $($Keep + 1)"
        if ($PSCmdlet.ShouldProcess($entry.FullName, 'Remove')) { Remove-Item -LiteralPath $entry.FullName -Recurse -Force }
    }
}

function Publish-Payloads {
    $source = Join-Path $Path "share\releases\$releaseId"
    $target = Join-Path $shareRoot "releases\$releaseId"
    foreach ($file in @(Get-ChildItem -LiteralPath $source -File)) {
        Copy-Checked $file.FullName (Join-Path $target $file.Name)
    }
    $control = Join-Path $shareRoot 'control.json'
    if (-not (Test-Path -LiteralPath $control)) { Copy-Checked (Join-Path $Path 'share\control.json') $control }
    Remove-Old (Join-Path $shareRoot 'releases') '^[0-9a-f]{32}$' $releaseId 1
}

function Publish-Bootstrap($Domain, [string] $Server) {
    $source = Join-Path $Path "bootstrap\$exeName"
    $signature = Get-AuthenticodeSignature -LiteralPath $source
    if ($signature.Status -ne 'Valid' -and -not $AllowUnsigned) {
        throw "'$source' is not signed by a publisher that this machine trusts ($($signature.Status)); sign it, then start again"
    }
    $below = "NETLOGON\Gangway\$exeName"
    Copy-Checked $source "\\$Server\$below"
    Remove-Old "\\$Server\NETLOGON\Gangway" '^Mde(Onboard|Offboard)-[0-9a-f]{32}\.exe$' $exeName 1
    if ($WhatIfPreference) { return }
    # No server may be told of a file that its own domain controller does not have yet.
    $deadline = (Get-Date).AddMinutes($ReplicationMinutes)
    foreach ($controller in @(Get-ADDomainController -Filter * -Server $Domain.Name)) {
        $copy = "\\$($controller.HostName)\$below"
        Write-Step "wait for '$copy'"
        while (-not (Test-Path -LiteralPath $copy)) {
            if ((Get-Date) -gt $deadline) { throw "'$copy' is not there after $ReplicationMinutes minutes; start again when SYSVOL has replicated" }
            Start-Sleep -Seconds 10
        }
        Assert-SameFile $source $copy
    }
}

function Publish-Filter($Domain, [string] $Server) {
    $filter = $Domain.Filter
    $base = 'CN=SOM,CN=WMIPolicy,CN=System,' + (Get-ADDomain -Server $Server).DistinguishedName
    $values = @{
        'msWMI-Name' = $filter.Name; 'msWMI-Parm1' = $filter.Description; 'msWMI-Parm2' = $filter.Parm2
        'msWMI-Author' = $filter.Author; 'msWMI-ChangeDate' = $filter.Date
    }
    $found = Get-ADObject -Server $Server -SearchBase $base -LDAPFilter "(msWMI-ID=$($filter.Id))" -Properties 'msWMI-Parm2', 'msWMI-Name'
    if ($found -and $found.'msWMI-Parm2' -eq $filter.Parm2 -and $found.'msWMI-Name' -eq $filter.Name) { return }
    Write-Step "write WMI filter '$($filter.Name)' in '$base'"
    if (-not $PSCmdlet.ShouldProcess($filter.Name, 'Write WMI filter')) { return }
    if ($found) {
        Set-ADObject -Server $Server -Identity $found -Replace $values
    } else {
        $values['msWMI-ID'] = $filter.Id
        $values['msWMI-CreationDate'] = $filter.Date
        $values['showInAdvancedViewOnly'] = $true
        New-ADObject -Server $Server -Type 'msWMI-Som' -Name $filter.Id -Path $base -OtherAttributes $values
    }
}

function Publish-Gpo($Domain, $Gpo, [string] $Server) {
    $backups = Join-Path $Path "gpo\$($Domain.Name)\$($Gpo.Folder)"
    Write-Step "import '$($Gpo.Name)' from backup $($Gpo.BackupId) into '$($Domain.Name)'"
    if (-not $PSCmdlet.ShouldProcess($Gpo.Name, 'Import GPO')) { return }
    $made = Import-GPO -BackupId $Gpo.BackupId -Path $backups -TargetName $Gpo.Name -CreateIfNeeded -Domain $Domain.Name -Server $Server
    $made.GpoStatus = 'UserSettingsDisabled'
    # Import brings no WMI filter. Computers read policies by this right (MS16-072).
    $filter = "[$($Domain.Name);$($Domain.Filter.Id);0]"
    Set-ADObject -Server $Server -Identity $made.Path -Replace @{ gPCWQLFilter = $filter }
    Set-GPPermission -Guid $made.Id -PermissionLevel GpoApply -TargetName 'S-1-5-11' -TargetType WellKnownGroup -Domain $Domain.Name -Server $Server -ErrorAction SilentlyContinue | Out-Null
    foreach ($target in $LinkTo) {
        $links = @((Get-GPInheritance -Target $target -Domain $Domain.Name -Server $Server).GpoLinks | Where-Object { $_.GpoId -eq $made.Id })
        if ($links.Count -eq 0) {
            Write-Step "link '$($Gpo.Name)' to '$target', switched off"
            New-GPLink -Guid $made.Id -Target $target -LinkEnabled No -Domain $Domain.Name -Server $Server | Out-Null
        }
        if ($EnableLinks) {
            Write-Step "switch the link of '$($Gpo.Name)' to '$target' on"
            Set-GPLink -Guid $made.Id -Target $target -LinkEnabled Yes -Domain $Domain.Name -Server $Server | Out-Null
        }
    }
}

function Remove-Task($Domain, [string] $Server) {
    foreach ($gpo in @($Domain.Gpos | Where-Object { $_.IsTask })) {
        $found = Get-GPO -Name $gpo.Name -Domain $Domain.Name -Server $Server -ErrorAction SilentlyContinue
        if ($found) {
            Write-Step "remove '$($gpo.Name)' and its links from '$($Domain.Name)'"
            if ($PSCmdlet.ShouldProcess($gpo.Name, 'Remove GPO')) {
                foreach ($target in $LinkTo) {
                    Remove-GPLink -Guid $found.Id -Target $target -Domain $Domain.Name -Server $Server -ErrorAction SilentlyContinue | Out-Null
                }
                Remove-GPO -Guid $found.Id -Domain $Domain.Name -Server $Server
            }
        }
    }
    $exe = "\\$Server\NETLOGON\Gangway\$exeName"
    if (Test-Path -LiteralPath $exe) {
        Write-Step "remove '$exe'"
        if ($PSCmdlet.ShouldProcess($exe, 'Remove')) { Remove-Item -LiteralPath $exe -Force }
    }
}

foreach ($module in 'ActiveDirectory', 'GroupPolicy') {
    if (-not (Get-Module -ListAvailable -Name $module)) {
        throw "module '$module' is missing: Install-WindowsFeature RSAT-AD-PowerShell, GPMC"
    }
    Import-Module $module
}
Write-Step "bundle $bundleId, release $releaseId, from '$Path'"
if (-not $Remove) { Publish-Payloads }
foreach ($domain in $domains) {
    # One writable domain controller for the directory and SYSVOL alike, as GPMC does.
    $server = (Get-ADDomain -Identity $domain.Name -Server $domain.Name).PDCEmulator
    Write-Step "domain '$($domain.Name)' by '$server'"
    if ($Remove) { Remove-Task $domain $server; continue }
    Publish-Bootstrap $domain $server
    Publish-Filter $domain $server
    foreach ($gpo in $domain.Gpos) { Publish-Gpo $domain $gpo $server }
}
if (-not $Remove) {
    Write-Host ''
    Write-Host 'To take it back: .\Publish-Gangway.ps1 -Remove, with the same -LinkTo. Settings stay linked as long as the sensor is there.'
{%- if has_admx %}
    Write-Host 'For the policy editor: copy publish\PolicyDefinitions into \\<domain>\SYSVOL\<domain>\Policies\PolicyDefinitions, but only where that central store exists already.'
{%- endif %}
}
