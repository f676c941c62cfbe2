# Tells a management tool whether this server is onboarded to the tenant: a line of text when it is,
# nothing when it is not, and exit code 0 both times. Run it as a process of 64 bits.
#
# It is for consoles in which somebody sets the detection by hand: Import-Application.ps1 has the same
# rule without a script, which asks for no execution policy.

$status = Get-ItemProperty -LiteralPath {{ status_path }} -ErrorAction SilentlyContinue
if ($status -ne $null -and
    $status.OnboardingState -is [int] -and $status.OnboardingState -eq 1 -and
    $status.OrgId -is [string] -and $status.OrgId -eq {{ tenant }})
{
    'onboarded'
}
exit 0
