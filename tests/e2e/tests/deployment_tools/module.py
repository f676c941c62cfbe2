"""Stand-in for a module of the collection ansible.windows, on this machine.

It takes the options that the collection's reference names (no others, of the same types), reads what a
server would answer from the file that GANGWAY_SERVER names, and keeps there what it was asked for.
"""

import hashlib
import json
import os

from ansible.module_utils.basic import AnsibleModule

NAME = "@NAME@"

OPTIONS = {
    "win_reg_stat": {"path": {"type": "str", "required": True}, "name": {"type": "str"}},
    "win_file": {"path": {"type": "path", "required": True}, "state": {"choices": ["absent", "directory"]}},
    "win_copy": {"src": {"type": "path", "required": True}, "dest": {"type": "path", "required": True}},
    "win_package": {
        "path": {"type": "str", "required": True},
        "product_id": {"type": "str", "required": True},
        "arguments": {"type": "raw"},
        "chdir": {"type": "path"},
        "checksum": {"type": "str"},
        "checksum_algorithm": {"choices": ["md5", "sha1", "sha256", "sha384", "sha512"], "default": "sha1"},
        "expected_return_code": {"type": "list", "elements": "int", "default": [0, 3010]},
    },
    "win_reboot": {},
}


def package(module, server):
    """Runs nothing: the exit code and the state after it are told by the file."""
    given = module.params
    name = given["path"].rsplit("\\", 1)[-1]
    with open(os.path.join(server["copied"], name), "rb") as program:
        digest = hashlib.new(given["checksum_algorithm"], program.read()).hexdigest()
    if digest.lower() != given["checksum"].lower():
        return {"failed": True, "msg": "checksum of the file is another one", "changed": False}
    server["state"] = server.get("state_after", server["state"])
    code = server["exit_code"]
    result = {"changed": True, "rc": code, "reboot_required": code == 3010}
    if code not in given["expected_return_code"]:
        result.update(failed=True, msg="unexpected rc", stdout="", stderr="")
    return result


def answer(module, server):
    if NAME == "win_reg_stat":
        if server["state"] is None:
            return {"changed": False, "exists": False}
        kinds = {int: "REG_DWORD", str: "REG_SZ"}
        properties = {
            name: {"value": value, "raw_value": value, "type": kinds[type(value)]}
            for name, value in server["state"].items()
        }
        return {"changed": False, "exists": True, "properties": properties, "sub_keys": []}
    if NAME == "win_copy":
        if not os.path.isdir(module.params["src"]):
            return {"failed": True, "msg": "there is no such folder", "changed": False}
        server["copied"] = module.params["src"]
    if NAME == "win_package":
        return package(module, server)
    return {"changed": True}


def main():
    module = AnsibleModule(argument_spec=OPTIONS[NAME])
    path = os.environ["GANGWAY_SERVER"]
    with open(path, encoding="utf-8") as file:
        server = json.load(file)
    asked = {key: value for key, value in module.params.items() if value is not None}
    server["calls"].append([NAME, asked])
    result = answer(module, server)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(server, file)
    if result.pop("failed", False):
        module.fail_json(**result)
    # The real modules say so; else Ansible takes any code but 0 for a failure.
    module.exit_json(failed=False, **result)


if __name__ == "__main__":
    main()
