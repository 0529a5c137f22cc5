# bash completion for tapctl(1)

_tapctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} i words

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'get networks help --help --version' -- "$cur")
		return
	fi
	# What stands behind "--" is a command line of its own.
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			if ((COMP_CWORD == i + 1)); then
				mapfile -t COMPREPLY < <(compgen -c -- "$cur")
			else
				compopt -o default
			fi
			return
		fi
	done
	case $command in
	get)
		# "=" is a word of its own: --kind = tap
		if [[ $cur == = ]]; then
			i=$((COMP_CWORD - 1)) cur=
		elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
			i=$((COMP_CWORD - 2))
		else
			i=$((COMP_CWORD - 1))
		fi
		case ${COMP_WORDS[i]} in
		--kind) words='tap tun macvtap' ;;
		--timeout) words='none' ;;
		--name | --mtu | --queues) return ;;
		*) words="--name= --kind= --mtu= --queues= --vnet-hdr --interactive --no-ask-password --timeout= --json
			--help -- $(tapctl networks --quiet 2>/dev/null)" ;;
		esac
		;;
	networks) words='--json --quiet --help' ;;
	*) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}

complete -F _tapctl tapctl
