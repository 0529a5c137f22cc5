# fish completion for tapctl(1)

# The networks; behind ALIAS= with that before each.
function __tapctl_networks
    set -l alias (string match -r '^[^-=][^=]*=' -- (commandline -ct))
    for network in (tapctl networks --quiet 2>/dev/null)
        echo "$alias$network"
    end
end

# The names of our leases, or of everybody's with --all; the ids where one is being typed.
function __tapctl_leases
    set -l word (commandline -ct)
    tapctl list --no-ask-password $argv 2>/dev/null | awk -v word="$word" \
        'NR > 1 { print $1 "\t" $NF; if (word != "" && index($NF, word) == 1) print $NF "\t" $1 }'
end

# True where the command behind "--" is being typed.
function __tapctl_in_command
    contains -- -- (commandline -opc)
end

function __tapctl_complete_command
    set -l words (commandline -opc) (commandline -ct)
    set -l at (contains -i -- -- $words)
    complete -C (string join ' ' -- (string escape -n -- $words[(math $at + 1)..-1]))
end

set -l commands get explain configure relay networks status list show release revoke unblock watch doctor import-bridge-conf version help

complete -c tapctl -f
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a get -d 'Get devices of networks'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a configure -d 'Give a device addresses and routes'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a unblock -d 'End the block of a kill switch'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a explain -d 'Say what would become of get'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a relay -d 'Copy packets for a tunnel program'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a networks -d 'List the networks'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a list -d 'List the leases'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a status -d 'Show who is where'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a show -d 'Show one lease'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a release -d 'Give devices back'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a revoke -d 'Take devices away'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a watch -d 'Tell what happens'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a doctor -d 'Say what is wrong with this machine'
complete -c tapctl -n '__fish_seen_subcommand_from doctor' -l json -d 'Print JSON'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a import-bridge-conf -d 'Make networks of bridge.conf'
complete -c tapctl -n '__fish_seen_subcommand_from import-bridge-conf' -F
complete -c tapctl -n '__fish_seen_subcommand_from import-bridge-conf' -l output -r -d 'Write the files there'
complete -c tapctl -n '__fish_seen_subcommand_from import-bridge-conf' -l bridge -x -d 'A bridge that "allow all" means'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a version -d 'Show the versions of tapctl and of the broker'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -a help -d 'Show the commands'
complete -c tapctl -n '__fish_seen_subcommand_from help' -a "$commands"
complete -c tapctl -n 'not __tapctl_in_command' -l help -d 'Show the commands, or the options of one'
complete -c tapctl -n "not __fish_seen_subcommand_from $commands" -l version -d 'Show the versions of tapctl and of the broker'

set -l get '__fish_seen_subcommand_from get explain; and not __tapctl_in_command'
complete -c tapctl -n $get -a '(__tapctl_networks)' -d Network
complete -c tapctl -n $get -l quiet -d 'Print the names only'
complete -c tapctl -n $get -l name -x -d 'Ask for an interface of this name'
set -l tunnel '__fish_seen_subcommand_from get configure; and not __tapctl_in_command'
complete -c tapctl -n $tunnel -l address -x -d 'An address of the device'
complete -c tapctl -n $tunnel -l peer -x -d 'The other end, for the address before it'
complete -c tapctl -n $tunnel -l route -x -a 'default default6' -d 'Lead this destination into the device'
complete -c tapctl -n $tunnel -l exclude -x -d 'But not this one'
complete -c tapctl -n $tunnel -l server -x -d 'Nor the other end of the tunnel'
complete -c tapctl -n $tunnel -l scope -x -a 'user host' -d 'Whose packets the routes are for'
complete -c tapctl -n $tunnel -l kill-switch -d 'The block outlives the lease'
set -l configure '__fish_seen_subcommand_from configure'
complete -c tapctl -n $configure -a '(__tapctl_leases)' -d Lease
complete -c tapctl -n $configure -l mtu -x -d 'In bytes'
complete -c tapctl -n $configure -l clear -d 'Undo everything'
complete -c tapctl -n $configure -l environment -d 'What OpenVPN says in the environment'
complete -c tapctl -n $configure -l interactive -d 'polkit may ask for a password'
complete -c tapctl -n $configure -l no-ask-password -d 'polkit may not'
complete -c tapctl -n $configure -l quiet -d 'No hints'
complete -c tapctl -n '__fish_seen_subcommand_from unblock' -a '(__tapctl_networks)' -d Network
complete -c tapctl -n '__fish_seen_subcommand_from unblock' -l user -x -d 'Of another user, for root'
complete -c tapctl -n $get -l kind -x -a 'tap tun macvtap' -d 'Be refused rather than get another kind'
complete -c tapctl -n $get -l mtu -x -d 'In bytes, at most that of the network'
complete -c tapctl -n $get -l queues -x -d 'One fd each'
complete -c tapctl -n $get -l vnet-hdr -d 'A virtio header precedes each packet'
complete -c tapctl -n $get -l vhost -d 'A vhost-net fd for each queue as well'
complete -c tapctl -n $get -l lifetime -x -a 'session fd persistent namespace named' -d 'When the lease ends by itself'
complete -c tapctl -n $get -l persistent -d 'A device to open by name, until it is released'
complete -c tapctl -n $get -l named -d 'A device to open by name, until the command ends'
complete -c tapctl -n $get -l bridge -d 'The network may also be a bridge'
complete -c tapctl -n $get -l netns -d 'In the network namespace that tapctl is in'
complete -c tapctl -n $get -l external-id -x -d 'Your own name for the lease'
complete -c tapctl -n $get -l interactive -d 'polkit may ask for a password'
complete -c tapctl -n $get -l no-ask-password -d 'polkit may not ask for a password'
complete -c tapctl -n $get -l timeout -x -a none -d 'Seconds to wait for an answer'
complete -c tapctl -n $get -l confine -d 'The command cannot change what the devices are'
complete -c tapctl -n $get -l configure -d 'The command may call ip and ifconfig for its devices'
complete -c tapctl -n $get -l supervise -d 'The command may make the calls that ifconfig makes'
complete -c tapctl -n $get -l json -d 'Say what was got as JSON'
complete -c tapctl -n '__fish_seen_subcommand_from explain' -l process -x -d 'A process of another user'
complete -c tapctl -n '__fish_seen_subcommand_from get explain; and __tapctl_in_command' -a '(__tapctl_complete_command)'

set -l relay '__fish_seen_subcommand_from relay'
complete -c tapctl -n $relay -a '(__tapctl_networks)' -d Network
complete -c tapctl -n $relay -l name -x -d 'Ask for an interface of this name'
complete -c tapctl -n $relay -l mtu -x -d 'In bytes, whatever the environment says'
complete -c tapctl -n $relay -l address -x -d 'Also this address'
complete -c tapctl -n $relay -l peer -x -d 'The other end, for the address before it'
complete -c tapctl -n $relay -l server -x -d 'Stays reachable outside the tunnel'
complete -c tapctl -n $relay -l scope -x -a 'user host' -d 'Whose packets'
complete -c tapctl -n $relay -l route -x -a 'default default6' -d 'Also into the tunnel'
complete -c tapctl -n $relay -l exclude -x -d 'Not into the tunnel'
complete -c tapctl -n $relay -l kill-switch -d 'Stays blocked when the tunnel has ended'
complete -c tapctl -n $relay -l no-configure -d 'No addresses, no routes'
complete -c tapctl -n $relay -l timeout -x -d 'Seconds to wait for an answer'
complete -c tapctl -n $relay -l quiet -d 'No hints'

complete -c tapctl -n '__fish_seen_subcommand_from networks' -l json -d 'Print JSON'
complete -c tapctl -n '__fish_seen_subcommand_from networks' -l quiet -d 'Print the names only'

complete -c tapctl -n '__fish_seen_subcommand_from show release' -a '(__tapctl_leases)' -d Lease
complete -c tapctl -n '__fish_seen_subcommand_from revoke' -a '(__tapctl_leases --all)' -d Lease
complete -c tapctl -n '__fish_seen_subcommand_from revoke' -l network -x -a '(__tapctl_networks)' -d 'All leases of this network'
complete -c tapctl -n '__fish_seen_subcommand_from revoke' -l yes -d 'Do not ask'
complete -c tapctl -n '__fish_seen_subcommand_from status list show watch' -l all -d 'The leases of all users'
complete -c tapctl -n '__fish_seen_subcommand_from status list show release revoke watch' -l json -d 'Print JSON'
complete -c tapctl -n '__fish_seen_subcommand_from list release' -l external-id -x -d 'Those with this external id'
complete -c tapctl -n '__fish_seen_subcommand_from list' -l quiet -d 'Print the ids only'
complete -c tapctl -n '__fish_seen_subcommand_from status show release revoke watch' -l quiet -d 'No hints'
complete -c tapctl -n '__fish_seen_subcommand_from status list show revoke watch' -l interactive -d 'polkit may ask for a password'
complete -c tapctl -n '__fish_seen_subcommand_from status list show revoke watch' -l no-ask-password -d 'polkit may not ask'
