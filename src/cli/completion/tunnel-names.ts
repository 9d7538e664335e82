import { placesOf } from '../../config/files/tunnel-name.js'

/** The command by which every shell lists the names of tunnels: in one pair of single quotes, and without backslashes for fish. */
export const LIST_TUNNELS = `sh -c 'for f in ${placesOf('*').join(' ')}; do n=\${f##*/}; n=\${n%.*}; case $n in *.*) ;; *) [ -e $f ] && echo $n ;; esac; done 2>/dev/null'`
