<#
.SYNOPSIS
Creates the payload and the report folder with their shares and permissions, on the file server.

.DESCRIPTION
Computers of the domains in scope, domain controllers included, may read payloads and create
reports. Nobody else reads either. Each step is printed before it is done; -WhatIf changes nothing.
Needs the module ActiveDirectory to look up the domains' SIDs.

.PARAMETER PayloadFolder
Local folder of the payload share.
.PARAMETER ReportFolder
Local folder of the report share; give it when the bundle has one.
#>
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
param(
    [Parameter(Mandatory)] [string] $PayloadFolder,
    [string] $ReportFolder
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$payloadShare = {{ payload_share }}
$reportShare = {{ report_share }}
$domains = @(
{%- for domain in domains %}
    {{ domain }}
{%- endfor %}
)

# Domain computers, domain controllers and read-only domain controllers of each domain.
$groups = foreach ($domain in $domains) {
    $sid = (Get-ADDomain -Identity $domain -Server $domain).DomainSID.Value
    foreach ($rid in 515, 516, 521) { "$sid-$rid" }
}

function Set-Folder([string] $Folder, [string] $Share, [string] $Sddl, [string] $Access) {
    Write-Host "--> folder '$Folder' with $Sddl"
    if ($PSCmdlet.ShouldProcess($Folder, 'Create and set permissions')) {
        if (-not (Test-Path -LiteralPath $Folder)) { New-Item -ItemType Directory -Path $Folder | Out-Null }
        $acl = New-Object System.Security.AccessControl.DirectorySecurity
        $acl.SetSecurityDescriptorSddlForm($Sddl)
        Set-Acl -LiteralPath $Folder -AclObject $acl
    }
    Write-Host "--> share '$Share' without caching"
    if ($PSCmdlet.ShouldProcess($Share, 'Create share')) {
        $accounts = @($groups | ForEach-Object { (New-Object System.Security.Principal.SecurityIdentifier $_).Translate([System.Security.Principal.NTAccount]).Value })
        $administrators = (New-Object System.Security.Principal.SecurityIdentifier 'S-1-5-32-544').Translate([System.Security.Principal.NTAccount]).Value
        if (-not (Get-SmbShare -Name $Share -ErrorAction SilentlyContinue)) {
            New-SmbShare -Name $Share -Path $Folder -CachingMode None -FolderEnumerationMode AccessBased -FullAccess $administrators | Out-Null
        }
        Set-SmbShare -Name $Share -CachingMode None -Force
        Grant-SmbShareAccess -Name $Share -AccountName $accounts -AccessRight $Access -Force | Out-Null
    }
}

$read = 'D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)' + (($groups | ForEach-Object { "(A;OICI;0x1200a9;;;$_)" }) -join '')
Set-Folder $PayloadFolder $payloadShare $read 'Read'
if ($reportShare -and $ReportFolder) {
    # Create only: a computer may make a file and write it while it is its owner, and read no other.
    $create = 'D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)' + (($groups | ForEach-Object { "(A;;0x1000a2;;;$_)" }) -join '') + '(A;OIIO;0x1301bf;;;OW)'
    Set-Folder $ReportFolder $reportShare $create 'Change'
    Write-Host "Set a quota on '$ReportFolder', for example: New-FsrmQuota -Path '$($ReportFolder -replace "'", "''")' -Size 5GB"
}
