# Kerberos tickets of an account of the lab, for a program that speaks in lines: `step`, `unwrap` and
# `wrap` with a token in hexadecimal digits; the answer is `done`, `more` or `ok` with one, or `error`.
import sys

from samba import credentials, gensec, param

account, password, domain, realm, host = sys.argv[1:]
configuration = param.LoadParm()
configuration.set("realm", realm)
configuration.set("workgroup", domain)
who = credentials.Credentials()
who.guess(configuration)
who.set_username(account)
who.set_password(password)
who.set_realm(realm)
who.set_kerberos_state(credentials.MUST_USE_KERBEROS)
context = gensec.Security.start_client({"lp_ctx": configuration, "target_hostname": host})
context.set_credentials(who)
context.set_target_service("ldap")
context.set_target_hostname(host)
# As Windows is asked: mutual proof, and messages that nobody alters.
context.want_feature(gensec.FEATURE_SIGN)
context.start_mech_by_name("gssapi_krb5")
for line in sys.stdin:
    what, _, token = line.rstrip("\n").partition(" ")
    token = bytes.fromhex(token)
    try:
        if what == "step":
            is_done, token = context.update(token)
            said = "done" if is_done else "more"
        else:
            token = context.wrap(token) if what == "wrap" else context.unwrap(token)
            said = "ok"
        print(said, token.hex(), flush=True)
    except Exception as error:
        print("error", " ".join(str(error).split()), flush=True)
