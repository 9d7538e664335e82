import { placesOf } from '../../config/files/tunnel-name.js'

/** The command by which every shell lists the names of tunnels: in one pair of single quotes, and without backslashes for fish. */
export const LIST_TUNNELS = `sh -c 'for f in ${placesOf('*').join(' ')}; do n=\${f##*/}; n=\${n%.*}; case $n in *.*) ;; *) [ -e $f ] && echo $n ;; esac; done 2>/dev/null'`

/** The same of the clients in their TOML files, as Qanat writes them. */
export const LIST_CLIENTS = `sh -c 'for f in ${placesOf('*')
  .filter((place) => place.endsWith('.toml'))
  .join(
    ' ',
  )}; do t=; while read -r k e v; do case $k in "[[peer]]") t=1 ;; "["*) t= ;; name) v=\${v#?}; [ "$t" ] && echo "\${v%?}" ;; esac; done < $f; done 2>/dev/null'`
