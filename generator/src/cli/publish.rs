//! The command `publish`.

use super::answer::Answer;
use super::arguments::Publish;
use super::failure::Failure;
use super::output::Output;
use super::results::Published;

pub(super) fn run(given: &Publish, output: &Output) -> Result<Answer<Published>, Failure> {
    match given {
        #[cfg(feature = "directory")]
        Publish::Gpo(given) => gpo::run(given, output),
        #[cfg(not(feature = "directory"))]
        Publish::Gpo(_) => {
            let _ = output;
            Err(Failure::of(
                super::failure::FailureCode::Program,
                "this program was built without the feature `directory`, so it cannot publish\n\
                 hint: build it with `cargo build --release -p gangway --features directory`, or \
                 publish by `publish/Publish-Gangway.ps1` of the bundle",
            ))
        }
    }
}

#[cfg(feature = "directory")]
mod gpo {
    use std::path::{Path, PathBuf};

    use crate::cli::answer::Answer;
    use crate::cli::arguments::PublishGpo;
    use crate::cli::commands::now;
    use crate::cli::failure::{Failure, FailureCode};
    use crate::cli::output::Output;
    use crate::cli::password;
    use crate::cli::results::{self, PublishAction};
    use crate::gpo::DomainName;
    use crate::pipeline::publication::{
        Action, Contents, PublishError, PublishRequest, Published, pdc_emulator_of, plan_offline,
        publish,
    };
    use crate::publish::{
        Budget, Credentials, DirectoryError, Encryption, FolderShare, HostName, InvalidHostName,
        LdapDirectory, Share,
    };

    pub(super) fn run(
        given: &PublishGpo,
        output: &Output,
    ) -> Result<Answer<results::Published>, Failure> {
        let request = request(given);
        // Before anybody is asked for a password.
        let contents = Contents::read(&request)?;
        output.problems(&contents.problems);
        let Some(user) = given.user.as_deref().filter(|_| !given.offline) else {
            return offline(&request, contents, output);
        };
        let password = password::read(given.password_file.as_deref(), user)?;
        let credentials = Credentials::new(user, &password)
            .map_err(|error| Failure::new(FailureCode::CommandLine, &error))?;
        let domain = contents.domain.as_str();
        let (host, mut directory) = connect(given, &contents.domain, &credentials)?;
        let mut share = share(given, &host, &credentials);
        output.line(&format!("server   {host}"));
        let mut say = |step: &str| output.line(step);
        let mut done = Published::default();
        let ended = publish(
            &request,
            &contents,
            &mut directory,
            share.as_mut(),
            &mut say,
            &mut done,
        );
        for note in &done.notes {
            output.line(&format!("note     {note}"));
        }
        if ended.is_ok() {
            output.line(match (request.dry_run, request.action) {
                (true, _) => "nothing was written; `--apply` does these steps",
                (false, Action::Publish) => "published; `--rollback --apply` takes it back",
                (false, Action::Rollback) => "taken back",
            });
        }
        let published = Answer::good(results::Published {
            domain: domain.to_owned(),
            server: Some(host.to_string()),
            action: match request.action {
                Action::Publish => PublishAction::Publish,
                Action::Rollback => PublishAction::Rollback,
            },
            dry_run: request.dry_run,
            steps: done.steps,
            unfinished: done.unfinished,
            notes: done.notes,
            asked: Vec::new(),
        });
        Ok(Answer {
            problems: contents.problems,
            // What was done before is part of the answer.
            failure: ended.err().map(Failure::from),
            ..published
        })
    }

    /// What would be asked and written, without a server.
    fn offline(
        request: &PublishRequest,
        contents: Contents,
        output: &Output,
    ) -> Result<Answer<results::Published>, Failure> {
        let mut said = Vec::new();
        let plan = plan_offline(request, &contents, &mut |step| said.push(step.to_owned()))?;
        for question in &plan.asked {
            output.line(&format!("ask      {question}"));
        }
        for step in &said {
            output.line(step);
        }
        output.line(
            "no server was asked; a domain that has nothing of this bundle gets these steps, \
             another one those of them that it lacks",
        );
        Ok(Answer {
            problems: contents.problems,
            ..Answer::good(results::Published {
                domain: contents.domain.as_str().to_owned(),
                server: None,
                action: PublishAction::Publish,
                dry_run: true,
                steps: plan.published.steps,
                unfinished: None,
                notes: plan.published.notes,
                asked: plan.asked,
            })
        })
    }

    fn request(given: &PublishGpo) -> PublishRequest {
        PublishRequest {
            bundle: given.outside.request(&given.bundle, now(&given.moment)),
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
        domain: &DomainName,
        credentials: &Credentials,
    ) -> Result<(HostName, LdapDirectory), PublishError> {
        let encryption = if given.start_tls {
            Encryption::StartTls
        } else {
            Encryption::Tls
        };
        // One for both connections.
        let budget = Budget::default();
        let open = |host: &HostName| -> Result<LdapDirectory, DirectoryError> {
            LdapDirectory::connect(host, encryption, credentials, &budget)
        };
        if let Some(host) = &given.dc {
            return Ok((host.clone(), open(host)?));
        }
        // The domain's own name leads to one of its domain controllers.
        let name = domain.as_str().parse().map_err(|error: InvalidHostName| {
            let why = error.to_string();
            PublishError::Server { why }
        })?;
        let mut any = open(&name).map_err(|mut error| {
            // Another domain controller would refuse the account too, and count the try.
            if error.failure != crate::publish::Failure::NotSignedIn {
                error
                    .why
                    .push_str("\nhint: or name a domain controller by `--dc`");
            }
            error
        })?;
        let host = pdc_emulator_of(domain, &mut any)?;
        let directory = open(&host)?;
        Ok((host, directory))
    }

    /// The same server's SYSVOL.
    fn share(given: &PublishGpo, host: &HostName, credentials: &Credentials) -> Box<dyn Share> {
        match &given.sysvol {
            Some(folder) => Box::new(FolderShare::new(folder.clone())),
            None => of_host(host, credentials),
        }
    }

    #[cfg(unix)]
    fn of_host(host: &HostName, credentials: &Credentials) -> Box<dyn Share> {
        Box::new(crate::publish::SmbClient::new(host, "sysvol", credentials))
    }

    /// The system signs in as the user who is.
    #[cfg(not(unix))]
    fn of_host(host: &HostName, _: &Credentials) -> Box<dyn Share> {
        Box::new(FolderShare::new(PathBuf::from(format!(r"\\{host}\SYSVOL"))))
    }
}
