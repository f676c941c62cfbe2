#!/bin/sh
# From checked downloads to a dry run of the publication: what each pipeline beside this file runs, line
# by line. Runs in a checkout with gangway.toml, its gangway.lock, the downloads that it names and
# provenance.pub.pem. Whoever changes config or downloads builds once without --locked and commits the
# lock; here a difference ends the run.
set -eu

gangway inspect -c gangway.toml --sarif downloads > inspect.sarif
gangway build -c gangway.toml --locked --out bundle
gangway lint --sarif bundle > lint.sarif
gangway sign -c gangway.toml bundle
gangway package -c gangway.toml --sign bundle
gangway attest -c gangway.toml --packages bundle-packages bundle
gangway verify -c gangway.toml --signed --key provenance.pub.pem --packages bundle-packages bundle
gangway publish -c gangway.toml --offline bundle
