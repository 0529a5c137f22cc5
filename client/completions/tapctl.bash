# bash completion for tapctl(1)

# The names of our leases, or of everybody's with --all; the ids where one is being typed.
_tapctl_leases()
{
	tapctl list --quiet --no-ask-password "$@" 2>/dev/null | grep -e "^${cur:-none}"
	tapctl list --no-ask-password "$@" 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_tapctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} before value='' i words

	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'get explain configure relay networks status list show release revoke unblock watch doctor import-bridge-conf version help' -- "$cur")
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
	get | explain)
		# "=" is a word of its own: --kind = tap, ALIAS = NETWORK
		before=${COMP_WORDS[COMP_CWORD - 1]}
		if [[ $cur == = ]]; then
			cur='' value=1
		elif [[ $before == = ]]; then
			before=${COMP_WORDS[COMP_CWORD - 2]} value=1
		fi
		words=$(tapctl networks --quiet 2>/dev/null)
		case $before in
		--kind) words='tap tun macvtap' ;;
		--lifetime) words='session fd persistent namespace named' ;;
		--scope) words='user host' ;;
		--route) words='default default6' ;;
		--timeout) words='none' ;;
		--name | -n | --mtu | --queues | --address | --peer | --exclude | --server | --process | --external-id) return ;;
		*) [[ $cur != -* ]] || words="--name= --kind= --mtu= --queues= --vnet-hdr --vhost --lifetime=
			--persistent --named --bridge --netns --external-id= --address= --peer= --route= --exclude= --server= --scope=
			--kill-switch --interactive --no-ask-password --timeout= --confine
			--configure --supervise --json --quiet --help --"
			[[ $cur != -* || $command != explain ]] || words+=' --process='
			;;
		esac
		;;
	configure) words="--clear --environment --mtu= --address= --peer= --route= --exclude= --server= --scope= --kill-switch
		--interactive --no-ask-password --quiet --help $(_tapctl_leases)" ;;
	unblock) words="--user= --help $(tapctl networks --quiet 2>/dev/null)" ;;
	doctor) words='--json --help' ;;
	relay) words="--name= --mtu= --address= --peer= --route= --exclude= --server= --scope= --kill-switch --no-configure
		--timeout= --quiet --help
		$(tapctl networks --quiet 2>/dev/null)" ;;
	networks) words='--json --quiet --help' ;;
	status) words='--all --json --quiet --interactive --no-ask-password --help' ;;
	list) words='--all --external-id= --json --quiet --interactive --no-ask-password --help' ;;
	show) words="--all --json --quiet --interactive --no-ask-password --help $(_tapctl_leases)" ;;
	release) words="--external-id= --json --quiet --help $(_tapctl_leases)" ;;
	revoke)
		before=${COMP_WORDS[COMP_CWORD - 1]}
		[[ $cur != = ]] || cur=''
		if [[ $before == --network || ( $before == = && ${COMP_WORDS[COMP_CWORD - 2]} == --network ) ]]; then
			words=$(tapctl list --all --no-ask-password 2>/dev/null | awk 'NR > 1 { print $2 }' | sort -u)
		else
			words="--network= --yes --json --quiet --interactive --no-ask-password --help $(_tapctl_leases --all)"
		fi
		;;
	help) words='get explain configure relay networks status list show release revoke unblock watch doctor import-bridge-conf version' ;;
	import-bridge-conf)
		words='--output= --bridge= --help'
		compopt -o default
		;;
	watch) words='--all --json --quiet --interactive --no-ask-password --help' ;;
	*) return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
	[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
}

complete -F _tapctl tapctl
