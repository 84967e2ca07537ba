#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that the page and workbook tests need; the budget itself needs none of them.
#   chromium          opens the pages and prints them
#   fonts-noto-cjk    Chinese characters on the pages
#   poppler-utils     reads the printed pages back
#   libreoffice-calc  opens the workbooks as the finance bureau would
set -euo pipefail

declare -A provides=([chromium]=chromium [poppler-utils]=pdftotext [libreoffice-calc]=soffice)
missing=()
for package in "${!provides[@]}"; do
    command -v "${provides[$package]}" >/dev/null 2>&1 || missing+=("$package")
done
# fc-list is not on every machine, so the package database is asked too.
if ! { fc-list :lang=zh family 2>/dev/null | grep -q .; } && ! dpkg -s fonts-noto-cjk >/dev/null 2>&1; then
    missing+=(fonts-noto-cjk)
fi
if [ ${#missing[@]} = 0 ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install ${missing[*]} with this system's own package manager; apt-get is not here." >&2
    exit 69
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        echo "Please run as root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 77
    fi
    as_root=(sudo)
fi
echo "Installing ${missing[*]} ..." >&2
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
