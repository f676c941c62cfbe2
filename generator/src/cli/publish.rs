//! The command `publish`.

use super::arguments::Publish;
use super::exit::Exit;
use super::output::Output;

pub(super) fn run(given: &Publish, output: &Output) -> Exit {
    match given {
        #[cfg(feature = "directory")]
        Publish::Gpo(given) => gpo::run(given, output),
        #[cfg(not(feature = "directory"))]
        Publish::Gpo(_) => {
            output.failure(&std::io::Error::other(
                "this program was built without the feature `directory`, so it cannot publish\n\
                 hint: build it with `cargo build --release -p gangway --features directory`, or \
                 publish by `publish/Publish-Gangway.ps1` of the bundle",
            ));
            Exit::Environment
        }
    }
}

#[cfg(feature = "directory")]
mod gpo {
    use std::path::{Path, PathBuf};

    use serde::Serialize;

    use crate::cli::arguments::PublishGpo;
    use crate::cli::commands::now;
    use crate::cli::exit::Exit;
    use crate::cli::output::Output;
    use crate::cli::password;
    use crate::pipeline::publication::{
        Action, Contents, PublishError, PublishRequest, pdc_emulator, publish,
    };
    use crate::publish::{
        Credentials, DirectoryError, Encryption, FolderShare, HostName, LdapDirectory, Share,
        ShareError, SmbClient,
    };

    /// What was done, for machines.
    #[derive(Serialize)]
    struct Document<'a> {
        domain: &'a str,
        server: &'a str,
        action: &'static str,
        /// Nothing was written.
        dry_run: bool,
        steps: &'a [String],
        notes: &'a [String],
    }

    pub(super) fn run(given: &PublishGpo, output: &Output) -> Exit {
        let request = request(given);
        // Before anybody is asked for a password.
        let contents = match Contents::read(&request) {
            Ok(contents) => contents,
            Err(error) => return failure(&error, output),
        };
        let password = match password::read(given.password_file.as_deref(), &given.user) {
            Ok(password) => password,
            Err(error) => {
                output.failure(&error);
                return error.exit();
            }
        };
        let credentials = match Credentials::new(&given.user, &password) {
            Ok(credentials) => credentials,
            Err(error) => {
                output.failure(&error);
                return Exit::Usage;
            }
        };
        let domain = contents.domain.as_str();
        let connected = connect(given, domain, &credentials);
        let (host, mut directory) = match connected {
            Ok(connected) => connected,
            Err(error) => return failure(&error, output),
        };
        let mut share = match share(given, &host, &credentials) {
            Ok(share) => share,
            Err(error) => return failure(&error.into(), output),
        };
        output.line(&format!("server   {host}"));
        let mut say = |step: &str| output.line(step);
        let done = publish(
            &request,
            &contents,
            &mut directory,
            share.as_mut(),
            &mut say,
        );
        let done = match done {
            Ok(done) => done,
            Err(error) => return failure(&error, output),
        };
        if output.is_json() {
            output.document(&Document {
                domain,
                server: host.as_str(),
                action: match request.action {
                    Action::Publish => "publish",
                    Action::Rollback => "rollback",
                },
                dry_run: request.dry_run,
                steps: &done.steps,
                notes: &done.notes,
            });
        } else {
            for note in &done.notes {
                output.line(&format!("note     {note}"));
            }
            output.line(match (request.dry_run, request.action) {
                (true, _) => "nothing was written; `--apply` does these steps",
                (false, Action::Publish) => "published; `--rollback --apply` takes it back",
                (false, Action::Rollback) => "taken back",
            });
        }
        Exit::Good
    }

    fn request(given: &PublishGpo) -> PublishRequest {
        PublishRequest {
            bundle: given.bundle.clone(),
            domain: given.domain.clone(),
            action: if given.rollback {
                Action::Rollback
            } else {
                Action::Publish
            },
            dry_run: !given.apply,
            links: given.link.clone(),
            enable_links: given.enable_links,
            allow_unsigned: given.allow_unsigned,
            state: given.state.clone().unwrap_or_else(|| beside(&given.bundle)),
            now: now(&given.moment),
        }
    }

    /// The usual place of the saved state: the bundle itself is replaced by the next build.
    fn beside(bundle: &Path) -> PathBuf {
        let bundle = std::path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned());
        bundle.parent().unwrap_or(&bundle).join("gangway-published")
    }

    /// The server to write to, and a connection to it.
    fn connect(
        given: &PublishGpo,
        domain: &str,
        credentials: &Credentials,
    ) -> Result<(HostName, LdapDirectory), PublishError> {
        let encryption = if given.start_tls {
            Encryption::StartTls
        } else {
            Encryption::Tls
        };
        let open = |host: &HostName| -> Result<LdapDirectory, DirectoryError> {
            LdapDirectory::connect(host, encryption, credentials)
        };
        if let Some(host) = &given.dc {
            return Ok((host.clone(), open(host)?));
        }
        // The domain's own name leads to one of its domain controllers.
        let mut any = open(&name(domain)?).map_err(|mut error| {
            error
                .why
                .push_str("\nhint: or name a domain controller by `--dc`");
            error
        })?;
        let host = pdc_emulator(&mut any)?;
        let host = name(&host.unwrap_or_default())?;
        let directory = open(&host)?;
        Ok((host, directory))
    }

    fn name(text: &str) -> Result<HostName, PublishError> {
        text.parse().map_err(|_| PublishError::Server {
            why: format!(
                "the domain's PDC emulator cannot be found by `{}`\nhint: name it by `--dc`",
                text.escape_debug()
            ),
        })
    }

    /// The same server's SYSVOL.
    fn share(
        given: &PublishGpo,
        host: &HostName,
        credentials: &Credentials,
    ) -> Result<Box<dyn Share>, ShareError> {
        if let Some(folder) = &given.sysvol {
            return Ok(Box::new(FolderShare::new(folder.clone())));
        }
        if cfg!(windows) {
            let unc = PathBuf::from(format!(r"\\{host}\SYSVOL"));
            return Ok(Box::new(FolderShare::new(unc)));
        }
        Ok(Box::new(SmbClient::new(host, "sysvol", credentials)?))
    }

    fn failure(error: &PublishError, output: &Output) -> Exit {
        output.failure(error);
        match error {
            PublishError::ChooseDomain { .. } => Exit::Usage,
            PublishError::Lint { .. } | PublishError::Refused(_) => Exit::Problems,
            PublishError::Bundle { .. }
            | PublishError::Verification { .. }
            | PublishError::Domain(_) => Exit::Verification,
            PublishError::Server { .. }
            | PublishError::Directory(_)
            | PublishError::Share(_)
            | PublishError::State(_)
            | PublishError::Different { .. } => Exit::Environment,
        }
    }
}
