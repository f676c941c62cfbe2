{%- macro holds() -%}
{%- if wanted_is_onboarded -%}
($status -ne $null -and $status.OnboardingState -is [int] -and $status.OnboardingState -eq 1 -and $status.OrgId -is [string] -and $status.OrgId -eq {{ tenant }})
{%- else -%}
($status -eq $null -or $status.OnboardingState -ne 1)
{%- endif -%}
{%- endmacro -%}
# A configuration of PowerShell DSC (PSDesiredStateConfiguration 1.1, Windows PowerShell 5.1) that
{%- if wanted_is_onboarded %}
# onboards Windows Servers to Microsoft Defender for Endpoint.
{%- else %}
# takes Windows Servers out of Microsoft Defender for Endpoint again. It works until the end of the
# offboarding package.
{%- endif %}
#
# Copy the folder `{{ folder }}` to a share that the computers' accounts read, load this file and compile
# it:
#
#   . .\{{ file_name }}
#   {{ configuration }} -ComputerName srv1, srv2 -ContentPath \\server\share\gangway\{{ folder }}
#
# The state of the server decides, never the end of the program alone. What the test looks at is written
# by the sensor, so no resource here writes it.

Configuration {{ configuration }}
{
    param
    (
        [Parameter(Mandatory = $true)]
        [string[]] $ComputerName,

        # UNC path of a copy of the folder `{{ folder }}`.
        [Parameter(Mandatory = $true)]
        [string] $ContentPath
    )

    Import-DscResource -ModuleName PSDesiredStateConfiguration

    Node $ComputerName
    {
        Script Bootstrap
        {
            GetScript = {
                $status = Get-ItemProperty -LiteralPath {{ status_path }} -ErrorAction SilentlyContinue
                if ($status -eq $null)
                {
                    return @{ Result = 'no state' }
                }
                @{ Result = 'OnboardingState ' + $status.OnboardingState + ', OrgId ' + $status.OrgId }
            }

            TestScript = {
                $status = Get-ItemProperty -LiteralPath {{ status_path }} -ErrorAction SilentlyContinue
                return {% call holds() %}{% endcall %}
            }

            SetScript = {
                $ErrorActionPreference = 'Stop'
                $program = {{ program }}
                $folder = Join-Path -Path $env:ProgramFiles -ChildPath {{ local_folder }}
                $path = Join-Path -Path $folder -ChildPath $program
                $content = $using:ContentPath
                $source = Join-Path -Path $content -ChildPath $program

                # A copy that only administrators can change is compared, then started.
                New-Item -ItemType Directory -Path $folder -Force | Out-Null
                try
                {
                    Copy-Item -LiteralPath $source -Destination $path -Force
                    $found = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash
                    if ($found -ne {{ program_sha256 }})
                    {
                        throw "'$source' has SHA-256 $found and is not the program that this was made for"
                    }
                    $arguments = '{{ verb }} --source "' + $content.TrimEnd('\') + '"'
                    $run = Start-Process -FilePath $path -ArgumentList $arguments -WorkingDirectory $folder -WindowStyle Hidden -PassThru -Wait
                    $code = $run.ExitCode
                }
                finally
                {
                    Remove-Item -LiteralPath $folder -Recurse -Force -ErrorAction SilentlyContinue
                }

                $isClaimed = $false
                switch ($code)
                {
{%- for code in return_codes %}
{%- match code.outcome %}
{%- when Outcome::Done %}
                    {{ code.number }} { $isClaimed = $true }
{%- when Outcome::SoftRestart %}
                    {{ code.number }} { $isClaimed = $true; $global:DSCMachineStatus = 1 }
{%- when Outcome::TryAgain %}
                    {{ code.number }} { Write-Verbose -Message {{ code.meaning }} }
{%- when Outcome::Failure %}
                    {{ code.number }} { throw {{ code.meaning }} }
{%- endmatch %}
{%- endfor %}
                    default { throw "the bootstrap ended with $code" }
                }

                $status = Get-ItemProperty -LiteralPath {{ status_path }} -ErrorAction SilentlyContinue
                if ($isClaimed -and -not {% call holds() %}{% endcall %})
                {
                    throw "the bootstrap ended with $code, and the state is not what it should be"
                }
            }
        }
    }
}
