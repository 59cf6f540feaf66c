#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bash completes commands, the options of a command, and nothing after a lone --.

command -v bash >/dev/null || { echo "SKIP: bash is not installed"; exit 77; }
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cat >"$dir/nvmetap" <<'END'
#!/bin/sh
case $* in
--list-commands) printf 'serve\nboot\ndump\n' ;;
"inject --list-options") printf -- '--control\nadd\nlist\n' ;;
"serve --scenario list") printf 'gone        The drive vanishes.\ngo-slow     It is slow.\n' ;;
"boot --list-options") printf -- '-w\n--write\n--guest\n--kernel\n' ;;
*) echo "what?" >&2; exit 2 ;;
esac
END
chmod +x "$dir/nvmetap"

failed=0
# completes WORDS EXPECTED: after WORDS, the last of them unfinished
completes()
{
	got=$(PATH="$dir:$PATH" bash -c '
		. "$1"
		read -r -a COMP_WORDS <<<"$2"
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_nvmetap
		echo "${COMPREPLY[*]}"
	' bash "${srcdir:-.}/tools/nvmetap.bash" "$1" 2>&1)
	[ "$got" = "$2" ] || { echo "FAIL: \"$1\": wanted \"$2\", got \"$got\""; failed=1; }
}

completes 'nvmetap ' 'serve boot dump --help --version'
completes 'nvmetap b' 'boot'
completes 'nvmetap --v' '--version'
completes 'nvmetap boot -' '-w --write --guest --kernel'
completes 'nvmetap boot --gu' '--guest'
completes 'nvmetap boot --write x --k' '--kernel'
completes 'nvmetap boot --guest ' ''
completes 'nvmetap boot --scenario go' 'gone go-slow'
completes 'nvmetap boot --scenario ' 'gone go-slow list help'
completes 'nvmetap boot -- -' ''
completes 'nvmetap boot x -- --k' ''
completes 'nvmetap none --' ''
completes 'nvmetap inject ' 'add list'
completes 'nvmetap inject a' 'add'
completes 'nvmetap inject --' '--control'
completes 'nvmetap inject add ' ''
completes 'nvmetap dump ' ''
completes "$dir/nvmetap d" 'dump'

exit $failed
