#!/usr/bin/env bash
# Makes .venv from requirements.lock: finds CPython 3.13 or 3.12, fetches uv into .setup, installs every locked package by its
# hash, then this checkout. Changes nothing outside the checkout. Done already for this lock: says nothing.
#
#   setup/environment.sh            make or mend the environment
#   setup/environment.sh --python   print the interpreter that would be used
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=.venv
tools=.setup
log=$tools/log.txt

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 69; }

# A pyenv shim or a broken link may be on the PATH and still fail, so each candidate has to run.
suits() {
    "$1" -I - <<'CHECK' >/dev/null 2>&1
import sys, sysconfig
good = sys.implementation.name == "cpython" and (3, 12) <= sys.version_info < (3, 14)
sys.exit(not good or bool(sysconfig.get_config_var("Py_GIL_DISABLED")))
CHECK
}

interpreter() {
    local candidate pyenv=$HOME/.pyenv shim
    shim=$(command -v python3.13 || command -v python3 || true)
    # A shim on the PATH tells where pyenv is, whoever's it is.
    [[ $shim != */shims/* ]] || pyenv=${shim%/shims/*}
    pyenv=${PYENV_ROOT:-$pyenv}/versions
    for candidate in \
        "$(command -v python3.13 || true)" "$pyenv"/3.13*/bin/python \
        "$(command -v python3.12 || true)" "$pyenv"/3.12*/bin/python \
        "$(command -v python3 || true)"; do
        if [ -n "$candidate" ] && [ -x "$candidate" ] && suits "$candidate"; then
            # The real file: a link or a shim could point elsewhere tomorrow.
            "$candidate" -I -c 'import os, sys; print(os.path.realpath(sys.executable))'
            return
        fi
    done
}

# The environment follows the lock, the project file, these scripts, and where the checkout lies (the project is installed in place).
digest() {
    local python=${1:-python3}
    { cat requirements.lock pyproject.toml setup/environment.sh setup/uv.lock; pwd -P; } |
        "$python" -I -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}

run_quietly() {
    if ! "$@" >>"$log" 2>&1; then
        tail -n 15 "$log" >&2
        stop "The set-up stopped at: $(basename "$1") ${*:2:2}. The whole record is in $log."
    fi
}

fetch_uv() {
    local python=$1
    if "$tools/uv/bin/uv" --version >/dev/null 2>&1 && cmp -s setup/uv.lock "$tools/uv.lock"; then
        return
    fi
    say "Fetching uv, the installer, into $tools ..."
    rm -rf "$tools/uv" "$tools/pip"
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        # Debian's python3 comes without pip; an environment of its own brings one, when ensurepip is there.
        "$python" -m venv "$tools/pip" >>"$log" 2>&1 ||
            stop "$python has neither pip nor venv. Install one of them (Debian and Ubuntu: apt-get install python3-venv) and try again."
        python=$tools/pip/bin/python
    fi
    run_quietly "$python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --target "$tools/uv" -r setup/uv.lock
    cp setup/uv.lock "$tools/uv.lock"
}

# uv does not read pip's settings nor, unasked, the system's certificates: an office's mirror or proxy has to work here too.
# The hashes of the lock still decide what is accepted.
follow_system() {
    local mirror
    if [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ]; then
        export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
    fi
    mirror=${PIP_INDEX_URL:-$("$1" -m pip config get global.index-url 2>/dev/null || true)}
    if [ -n "$mirror" ] && [ -z "${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-}}" ]; then
        export UV_DEFAULT_INDEX=$mirror
    fi
}

main() {
    local python stamp=$environment/setup.stamp started=$SECONDS any
    if [ "${1:-}" = --python ]; then
        interpreter
        return
    fi
    if [ -x $environment/bin/python ] && suits $environment/bin/python &&
        [ "$(digest $environment/bin/python)" = "$(cat $stamp 2>/dev/null)" ]; then
        return
    fi

    mkdir -p "$tools"
    printf '*\n' >"$tools/.gitignore"
    : >"$log"
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$tools/lock"
        flock 9
    fi

    python=$(interpreter)
    any=${python:-$(command -v python3 || command -v python || true)}
    [ -n "$any" ] || stop "No Python was found. Install CPython 3.13 (or 3.12) and try again."
    fetch_uv "$any"
    follow_system "$any"
    export UV_NO_PROGRESS=1
    unset VIRTUAL_ENV CONDA_PREFIX
    local uv=$tools/uv/bin/uv

    if [ -z "$python" ]; then
        say "No CPython 3.13 or 3.12 on this machine; asking uv for one of its own ..."
        "$uv" python install --quiet 3.13 >>"$log" 2>&1 && python=$("$uv" python find --managed-python 3.13 2>>"$log") ||
            stop "CPython 3.13 (or 3.12) is needed, and none is here nor could be fetched: install it (python.org, pyenv, or your system's packages) and try again."
    fi

    if ! { [ -x $environment/bin/python ] && suits $environment/bin/python; }; then
        say "Making $environment with $("$python" --version) ..."
        rm -rf $environment
        run_quietly "$uv" venv --quiet --no-managed-python --python "$python" $environment
    fi
    say "Installing the packages of requirements.lock (one to three minutes the first time) ..."
    run_quietly "$uv" pip sync --quiet --python $environment/bin/python --require-hashes requirements.lock
    run_quietly "$uv" pip install --quiet --python $environment/bin/python --no-deps --no-build-isolation --editable .
    digest $environment/bin/python >$stamp
    say "The environment is ready ($((SECONDS - started)) s)."
}

main "$@"
