#!/bin/sh
# Prove the two commands where nothing was installed by hand: a bare Debian 12 with python3, python3-venv, make and git,
# a clone of the last commit, an ordinary user. `make run` and `make test` with a network; then `make run` again with
# none but loopback, with everything still there.
#
# Needs root and debootstrap. Everything happens in namespaces of its own: no mount and no process outlives it. The
# machine's own ways to packages (resolver, certificates, pip's and npm's configuration, proxies, apt's mirror) are
# passed on as they are.
#
#   FRESH_DIR=…              keep the Debian there, and use it again (otherwise a temporary folder, removed at the end)
#   FRESH_TARGETS="run test" what to make with a network
#   FRESH_OFFLINE=run        what to make without one, afterwards ("" for nothing)
#   FRESH_MIRROR=…           where Debian comes from, if not from where this machine's apt gets it
#   FRESH_PORT=8000          where it serves meanwhile; a network is shared with this machine, where 8000 may be taken
set -eu
cd "$(dirname "$0")/.."

say() {
    echo "fresh: $*"
}
cannot() {
    echo "fresh: can't run here: $*" >&2
    exit 2
}

[ "$(id -u)" = 0 ] || cannot "it needs root, to make a Debian and to enter it"
for program in debootstrap unshare chroot git; do
    command -v "$program" >/dev/null || cannot "$program is missing (apt-get install debootstrap util-linux git)"
done
unshare --mount --pid --net --fork true 2>/dev/null || cannot "this machine gives no namespaces (unshare fails)"
git rev-parse --verify --quiet HEAD >/dev/null || cannot "this isn't a git clone"
port=${FRESH_PORT:-8000}
case " ${FRESH_TARGETS-run test} " in
*" run "*)
    # Asked before the long work: a server of this machine would answer in place of the new one.
    ! bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"' "$port" 2>/dev/null ||
        cannot "something serves on port $port already; end it, or name another with FRESH_PORT"
    ;;
esac
[ -z "$(git status --porcelain --untracked-files=no)" ] || say "note: what isn't committed isn't in the clone"

if [ -n "${FRESH_DIR:-}" ]; then
    mkdir -p "$FRESH_DIR"
    root=$(cd "$FRESH_DIR" && pwd)
else
    root=$(mktemp -d "${TMPDIR:-/var/tmp}/fedicert-fresh-XXXXXX")
    trap 'rm -rf --one-file-system "$root"' EXIT
fi
chmod 755 "$root"

# Where apt on this machine gets bookworm from; debootstrap has a default of its own where it doesn't.
mirror=${FRESH_MIRROR:-$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's/^bookworm main //p' | head -n 1)}

if [ -x "$root/usr/bin/python3" ] && [ -x "$root/usr/bin/make" ]; then
    say "using the Debian in $root"
else
    say "making a bare Debian 12 in $root"
    debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates bookworm "$root" \
        ${mirror:+"$mirror"} >"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        cannot "debootstrap failed; its log is $root.log"
    }
    rm -f "$root.log"
    chroot "$root" useradd --create-home newcomer
fi

home=/home/newcomer
rm -rf "${root:?}$home/fedicert"
git clone --quiet --no-hardlinks . "$root$home/fedicert"
say "cloned $(git log -1 --format='%h %s')"

# The ways to packages.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
grep -qw localhost "$root/etc/hosts" || echo "127.0.0.1 localhost" >>"$root/etc/hosts" # debootstrap makes none
[ ! -d /etc/ssl/certs ] || cp -rLT /etc/ssl/certs "$root/etc/ssl/certs" 2>/dev/null || true
for file in /etc/pip.conf /etc/npmrc; do
    [ ! -f "$file" ] || cp "$file" "$root$file"
done
for file in .config/pip/pip.conf .pip/pip.conf .npmrc; do
    [ ! -f "$HOME/$file" ] || { mkdir -p "$(dirname "$root$home/$file")" && cp "$HOME/$file" "$root$home/$file"; }
done
chroot "$root" chown -R newcomer: "$home"
passed=$(env | grep -E '^(PIP_|npm_config_|NPM_CONFIG_|SSL_CERT_|REQUESTS_CA|CURL_CA|NODE_EXTRA_CA|GIT_SSL_)' || true)
passed="$passed
$(env | grep -iE '^(https?|all|no)_proxy=' || true)"
# Folders of packages on this machine that pip is told of; an index in a folder keeps its files beside it.
folders=$({ cat /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" 2>/dev/null; env | grep '^PIP_'; } |
    grep -oE '(file://|[= ])/[^ ,]+' | sed -E 's,^(file://|[= ]),,; s,/simple/?$,,' | sort -u)

# `inside NETWORK TARGET`: the last step, in namespaces of its own. $1 is "--net" or "".
inside() {
    network=$1
    target=$2
    if [ -n "$network" ]; then say "make $target, without a network"; else say "make $target, with a network"; fi
    export root home network target passed folders port
    # shellcheck disable=SC2016,SC2086
    unshare --mount --pid $network --fork --kill-child --propagation private sh -eu -c '
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        for folder in $folders; do
            [ -d "$folder" ] || continue
            mkdir -p "$root$folder"
            mount --bind -o ro "$folder" "$root$folder"
        done
        if [ -n "$network" ]; then # loopback is down in a new network namespace: SIOCSIFFLAGS, up and running
            chroot "$root" python3 -c "import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack(\"16sh14x\", b\"lo\", 0x49))"
        fi
        set -- HOME="$home" USER=newcomer PATH=/usr/bin:/bin LANG=C.UTF-8 CI=true FRESH_PORT="$port"
        while IFS= read -r line; do
            [ -z "$line" ] || set -- "$@" "$line"
        done <<END
$passed
END
        exec chroot --userspec=newcomer:newcomer "$root" \
            env -i --chdir="$home/fedicert" "$@" python3 tools/fresh_inside.py "$target"
    ' </dev/null
}

for target in ${FRESH_TARGETS-run test}; do
    inside "" "$target"
done
for target in ${FRESH_OFFLINE-run}; do
    inside --net "$target"
done
say "proved: ${FRESH_TARGETS-run test}; without a network: ${FRESH_OFFLINE-run}"
