# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Completion of nvmetap's commands and options in bash; the program itself says what there is.

_nvmetap()
{
	local program=${COMP_WORDS[0]/#\~/$HOME} current=${COMP_WORDS[COMP_CWORD]} words word

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$("$program" --list-commands 2>/dev/null)
		words+=" --help --version"
	elif [ "${COMP_WORDS[COMP_CWORD - 1]}" = --scenario ]; then
		words=$("$program" serve --scenario list 2>/dev/null | sed 's/ .*//')
		words+=" list help"
	elif [[ $current == -* ]]; then
		# What stands after a lone -- is another program's.
		for word in "${COMP_WORDS[@]:2:COMP_CWORD - 2}"; do
			[ "$word" != -- ] || return 0
		done
		words=$("$program" "${COMP_WORDS[1]}" --list-options 2>/dev/null)
	elif [ "$COMP_CWORD" -eq 2 ]; then
		# What is no option there is a verb, as in "nvmetap inject add".
		words=$("$program" "${COMP_WORDS[1]}" --list-options 2>/dev/null |
			sed '/^-/d')
	else
		return 0
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _nvmetap nvmetap
