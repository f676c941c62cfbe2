# Makes an application in Configuration Manager that onboards Windows Servers to Microsoft Defender for
# Endpoint. It deploys nothing: deploy the application to a collection of servers afterwards.
#
# Copy the folder `content` to a share that the site server reads, then, where the console of
# Configuration Manager (2107 or newer) is installed and as somebody who may make applications:
#
#   .\Import-Application.ps1 -SiteCode XYZ -ContentLocation \\server\sources\gangway\content
{%- if removal.is_some() %}
#
# The folder `offboard` holds what takes servers out of the service again. It works until the end of
# the offboarding package; import a new application with a new one after that.
{%- else %}
#
# The application cannot be uninstalled: that takes an offboarding bundle, and none was given.
{%- endif %}

[CmdletBinding()]
param
(
    # Code of the site.
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z0-9]{3}$')]
    [string] $SiteCode,

    # UNC path of a copy of the folder `content`.
    [Parameter(Mandatory = $true)]
    [string] $ContentLocation
{%- if removal.is_some() %},

    # UNC path of a copy of the folder `offboard`.
    [Parameter(Mandatory = $true)]
    [string] $UninstallContentLocation
{%- endif %}
)

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$name = {{ name }}
$deploymentType = 'Bootstrap'

# The program is the one that these files were made for.
function Assert-Program
{
    param ([string] $Folder, [string] $Program, [string] $Expected)

    $path = Join-Path -Path $Folder -ChildPath $Program
    $found = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash
    if ($found -ne $Expected)
    {
        throw "'$path' has SHA-256 $found, expected $Expected"
    }
}

Assert-Program -Folder $ContentLocation -Program {{ program }} -Expected {{ program_sha256 }}
{%- if let Some(removal) = removal %}
Assert-Program -Folder $UninstallContentLocation -Program {{ removal.program }} -Expected {{ removal.program_sha256 }}
{%- endif %}

Import-Module -Name (Join-Path -Path $env:SMS_ADMIN_UI_PATH -ChildPath '..\ConfigurationManager.psd1')
Push-Location -Path ($SiteCode + ':')
try
{
    if (Get-CMApplication -Name $name -Fast -DisableWildcardHandling)
    {
        throw "there is an application '$name' already"
    }

    # Both values have to be there, in the view of 64 bits: a server that reports to another tenant
    # does not count.
    $isOnboarded = New-CMDetectionClauseRegistryKeyValue -Hive LocalMachine -Is64Bit `
        -KeyName {{ status_key }} -ValueName 'OnboardingState' `
        -PropertyType Integer -Value -ExpressionOperator IsEquals -ExpectedValue '1'
    $isOfTenant = New-CMDetectionClauseRegistryKeyValue -Hive LocalMachine -Is64Bit `
        -KeyName {{ status_key }} -ValueName 'OrgId' `
        -PropertyType String -Value -ExpressionOperator IsEquals -ExpectedValue {{ tenant }}

    $application = @{
        Name = $name
        Publisher = {{ organization }}
        SoftwareVersion = {{ version }}
        Description = {{ description }}
    }
    New-CMApplication @application | Out-Null

    $settings = @{
        ApplicationName = $name
        DeploymentTypeName = $deploymentType
        ContentLocation = $ContentLocation
        InstallCommand = {{ install_command }}
        AddDetectionClause = $isOnboarded, $isOfTenant
        InstallationBehaviorType = 'InstallForSystem'
        LogonRequirementType = 'WhetherOrNotUserLoggedOn'
        UserInteractionMode = 'Hidden'
        RebootBehavior = 'BasedOnExitCode'
        MaximumRuntimeMins = {{ runtime_minutes }}
{%- if let Some(removal) = removal %}
        UninstallCommand = {{ removal.command }}
        UninstallOption = 'Different'
        UninstallContentLocation = $UninstallContentLocation
{%- endif %}
    }
    Add-CMScriptDeploymentType @settings | Out-Null

    # How the bootstrap ends. 0 is among those that are there already, as are those of Windows.
    $codes = @(
{%- for code in return_codes %}
        @{ ReturnCode = {{ code.number }}; CodeType = {{ code.kind }}; Name = {{ code.name }}; Description = {{ code.meaning }} }
{%- endfor %}
    )
    foreach ($code in $codes)
    {
        $made = Get-CMDeploymentType -ApplicationName $name -DeploymentTypeName $deploymentType
        Add-CMDeploymentTypeReturnCode -InputObject $made @code | Out-Null
    }
}
finally
{
    Pop-Location
}
