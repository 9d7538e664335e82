/** Which end can know a reason: the one that dials, the one that listens, or either. */
export type ReasonSide = 'dials' | 'listens' | 'either'

/**
 * How soon an endpoint is tried again if that is not within seconds: `slow` in 30 s and growing to 10 min, since somebody has to mend
 * something; `unknown` the same after the first minute; `login` once more, and then each half an hour, since accounts get locked.
 */
export type Pace = 'slow' | 'unknown' | 'login'

/** A row of the catalog. */
type Row = readonly [step: string, side: ReasonSide, sentence: string, remedy: string, pace?: Pace]

/**
 * Why a peer is not reached, an end cannot listen, or a handshake comes to nothing: every reason that Qanat itself knows, a row each.
 * Logs, status and docs/troubleshooting.md take their words from here.
 *
 * To add one, add its line: a code in kebab-case, which scripts may rely on; the step that fails; the side that can know it; a
 * sentence without a full stop, with `{value}` for what is told then; and what to do; perhaps how soon to try again. Then
 * throw `failure('its-code', { value })`, or
 * pass `reason('its-code', { value })` as `late` of a step; the compiler knows which values a sentence has. Two rows never have one
 * sentence. `npm run docs:api` writes the row into docs/troubleshooting.md, and `test/golden -u` its sentence into test/golden.
 */
// biome-ignore format: a line is a row
export const CATALOG = {
  // name: the look-up of a host
  'name-unknown': ['name', 'dials', 'no such host', 'The name is wrong, or not there yet; it is tried again for a minute: `getent hosts NAME`', 'unknown'],
  'name-server-silent': ['name', 'dials', 'no name server answers', 'The network or its name server is not there yet; it is tried again: `getent hosts NAME`, `/etc/resolv.conf`'],
  'name-late': ['name', 'dials', 'no name server told the address of {host}', 'The name server is slow or drops the question: `getent hosts NAME`, or name the address'],
  'no-interface': ['name', 'dials', "no interface '{zone}' of this host has a link-local address", 'Name the interface behind `%` that leads to the peer: `ip -6 address`'],

  // connect: a connection, to the server or to its proxy
  'connect-silent': ['connect', 'dials', 'the server did not accept a connection', 'What is sent to that host and port is dropped on the way: check the address, [the port](#the-port), or use a transport that passes'],
  'connect-refused': ['connect', 'dials', 'connection refused', 'Nothing listens on that port, or a firewall refuses it: check [the port](#the-port) and whether the other end runs'],
  'no-route': ['connect', 'dials', 'no route to host', 'Check the address and the route: `ip route get ADDRESS`; a firewall may answer so, too'],
  'network-unreachable': ['connect', 'dials', 'network is unreachable', 'This host has no network, or none of that family: `ip route get ADDRESS`'],
  'connect-timeout': ['connect', 'dials', 'the remote does not answer', 'The system gave up: what is sent there is dropped on the way; check the address and [the port](#the-port)'],
  'too-many-files': ['connect', 'dials', 'this process has too many files open', '`LimitNOFILE=` in the unit, or a smaller `max-unauthenticated`'],
  'proxy-connect-silent': ['connect', 'dials', 'the proxy {proxy} did not accept a connection', "Check the proxy's host and port, and that this network lets you reach it"],
  'proxy-unusable': ['connect', 'dials', 'the proxy {proxy} cannot be used: {why}', "Check the proxy's host and port: `curl -v -x PROXY https://HOST:PORT`"],

  // proxy: what a proxy answers
  'proxy-silent': ['proxy', 'dials', 'the proxy {proxy} accepted the connection and did not answer {question}', 'What listens there is no such proxy, or it cannot reach the server: `curl -v -x PROXY https://HOST:PORT`'],
  'proxy-slow': ['proxy', 'dials', 'the proxy {proxy} began to answer {question} and did not finish', 'The proxy is overloaded, or something on the way holds its answer back: `curl -v -x PROXY https://HOST:PORT`'],
  'proxy-refused': ['proxy', 'dials', 'the proxy {proxy} refused: {answer}', 'Ask whoever runs the proxy to allow that host and port; port 443 is allowed most often'],
  'proxy-refused-code': ['proxy', 'dials', 'the proxy {proxy} refused with code {code}: {meaning}', 'The proxy may not or cannot connect there: check the endpoint, and the rules of the proxy'],
  'proxy-wants-login': ['proxy', 'dials', 'the proxy {proxy} requires a user name and a password: give them as http://user:password@host:port', 'Write them into the URL of the proxy, percent-encoded'],
  'proxy-wants-socks-login': ['proxy', 'dials', 'the proxy {proxy} requires a user name and a password, or another login method', 'Write them into the URL of the proxy: `socks5://USER:PASSWORD@HOST:PORT`'],
  'proxy-takes-no-login': ['proxy', 'dials', 'the proxy {proxy} does not take a user name and a password', 'Leave them out of the URL of the proxy, or ask whoever runs it'],
  'proxy-credentials': ['proxy', 'dials', 'the proxy {proxy} rejected the user name and the password', 'Check both, percent-encoded, in the URL of the proxy; too many attempts lock accounts', 'login'],
  'proxy-credentials-before': ['proxy', 'dials', 'the proxy {proxy} rejected the user name and the password before; they are not tried again until a reload, or until they change', 'Check both, percent-encoded, in the URL of the proxy, and restart the tunnel; `qanat reload` tries the same ones again', 'login'],
  'proxy-busy': ['proxy', 'dials', 'the proxy {proxy} was still asked for the login of another connection', 'Nothing: one connection at a time logs in, so that a wrong password is told twice at the most'],
  'proxy-downgrade': ['proxy', 'dials', 'the proxy {proxy} offered Digest before and now wants the password itself, which it is not told', 'Somebody may be in between; if the proxy has changed, restart the tunnel, or say `proxy-auth = "basic"`'],
  'proxy-user-colon': ['proxy', 'dials', 'the proxy {proxy} cannot be told a user name with a colon by Basic', 'Use another user, or a proxy that offers Digest'],
  'proxy-keeps-asking': ['proxy', 'dials', 'the proxy {proxy} keeps asking for a password', 'The proxy forgets its own challenges: ask whoever runs it, or have `curl -v` show what it says'],
  'proxy-login-unknown': ['proxy', 'dials', 'the proxy {proxy} offers {schemes}; known are Basic and Digest (MD5, SHA-256, qop=auth)', 'Run a proxy on this host that speaks its login, and name that as the proxy'],
  'proxy-login-other': ['proxy', 'dials', 'the proxy {proxy} offers {schemes}, and proxy-auth is "{auth}"', 'Say `proxy-auth = "any"`, or what the proxy offers'],
  'proxy-offers-no-digest': ['proxy', 'dials', 'the proxy {proxy} asks for a login and offers no way, and proxy-auth is "digest"', 'Say `proxy-auth = "any"`, or `"basic"`'],
  'proxy-login-domain': ['proxy', 'dials', 'the proxy {proxy} wants a login by {schemes}, which Qanat does not support: run cntlm or px on this host and name that as the proxy', 'Run cntlm or px on this host, and name that as the proxy'],
  'proxy-login-method': ['proxy', 'dials', 'the proxy {proxy} chose login method {method}, which was not offered', 'What listens there breaks the rules of SOCKS5: check the port of the proxy'],
  'proxy-text-length': ['proxy', 'dials', 'the proxy {proxy} cannot be asked: SOCKS5 takes a {what} of 1 to {most} bytes, and it has {bytes}', 'Shorten it, or use a proxy of another kind'],
  'proxy-answer-long': ['proxy', 'dials', 'the proxy {proxy} sent an answer of more than {most} bytes', 'What listens there is no proxy, or a broken one: `curl -v -x PROXY https://HOST:PORT`'],
  'proxy-answers-many': ['proxy', 'dials', 'the proxy {proxy} sent more than {most} interim answers', 'What listens there is no proxy, or a broken one: `curl -v -x PROXY https://HOST:PORT`'],
  'proxy-upgrades': ['proxy', 'dials', 'the proxy {proxy} answered 101 to CONNECT, which is for an upgrade', 'A web server listens there, and no proxy: check the port of the proxy'],
  'proxy-not-http': ['proxy', 'dials', 'the proxy {proxy} answered {question} by something that is not HTTP', 'Another kind of proxy or server listens there: try `socks5://` or `https://`, and check the port'],
  'proxy-not-socks': ['proxy', 'dials', 'the proxy {proxy} answered {question} by something that is not SOCKS5', 'Another kind of proxy or server listens there: try `http://`, and check the port'],
  'proxy-closed': ['proxy', 'dials', 'the proxy {proxy} closed the connection without an answer to {question}', 'It refuses this host or the target without a word: look at its log, or ask whoever runs it'],
  'proxy-closed-amid': ['proxy', 'dials', 'the proxy {proxy} closed the connection in the middle of its answer to {question}', 'It refuses this host or the target without a word, or broke: look at its log'],
  'proxy-page': ['proxy', 'dials', 'the proxy {proxy} answered {question} by a web page', 'A web server listens there, or a login page is in the way: check the port of the proxy, and open a page of `http://` with a browser'],
  'proxy-spoke': ['proxy', 'dials', 'the proxy {proxy} sent unexpected bytes after its answer', 'Something on the way speaks in place of the server: check the endpoint, and the proxy'],

  // a PAC file, which says which proxies there are
  'pac-silent': ['proxy', 'dials', 'the server of the PAC file {pac} did not tell it', 'Check its URL and that this network lets you reach it without a proxy: `curl -v URL`'],
  'pac-unreachable': ['proxy', 'dials', 'the PAC file {pac} cannot be fetched: {why}', 'Check its URL: `curl -v URL`; an authority of your own for its certificate is named by `proxy-ca`'],
  'pac-refused': ['proxy', 'dials', 'the server of the PAC file {pac} answered {answer}', 'Name the URL at which the file itself is: nothing is followed elsewhere, and no login is told', 'slow'],
  'pac-long': ['proxy', 'dials', 'the PAC file {pac} is longer than {most} bytes', 'It is not the file that was meant, or broken: `curl -sI URL` tells how long it is', 'slow'],
  'pac-no-script': ['proxy', 'dials', 'the PAC file {pac} is no script: its line {line} cannot be read', 'A web page, perhaps of a login, may have come in its place, or it is written in newer JavaScript than of 2017: `curl URL`', 'slow'],
  'pac-no-function': ['proxy', 'dials', 'the PAC file {pac} has no function FindProxyForURL', 'It is not the file that was meant: `curl URL`', 'slow'],
  'pac-not-begun': ['proxy', 'dials', 'the script of the PAC file {pac} was not begun', 'This host is too busy, or lacks memory'],
  'pac-late': ['proxy', 'dials', 'the script of the PAC file {pac} gave no answer in {seconds} s', 'It never ends, or looks up names that no name server answers for: tell whoever runs it, and name the proxy itself meanwhile', 'slow'],
  'pac-memory': ['proxy', 'dials', 'the script of the PAC file {pac} takes too much memory', 'Tell whoever runs it, and name the proxy itself meanwhile', 'slow'],
  'pac-throws': ['proxy', 'dials', 'the script of the PAC file {pac} failed: {why}', 'Tell whoever runs it, and name the proxy itself meanwhile', 'slow'],
  'pac-answer': ['proxy', 'dials', 'the PAC file {pac} answered {answer}, which names no proxy and no DIRECT', 'Nothing is dialled directly unless the file says so: tell whoever runs it, or name the proxy itself', 'slow'],
  'pac-way-late': ['proxy', 'dials', '{said} in {seconds} s, and the PAC file names another way', 'Nothing: the next way is tried; this one again in 5 min'],
  'pac-ways': ['proxy', 'dials', 'none of the {count} ways that the PAC file {pac} names leads there; by {way}: {why}', 'Look at what is said of the first'],

  // tls: the TLS handshake, and the certificate
  'tls-silent': ['tls', 'dials', '{who} did not finish the TLS handshake', 'Something in between holds TLS back, or no TLS server listens there: `openssl s_client -connect HOST:PORT`'],
  'tls-slow': ['tls', 'dials', '{who} began the TLS handshake and did not finish it', 'The server is overloaded, or something in between holds large packets back: `openssl s_client -connect HOST:PORT`; lower the MTU of the interface there'],
  'proxy-tls-silent': ['tls', 'dials', 'the proxy {proxy} accepted the connection and did not finish the TLS handshake', 'Try `http://` in place of `https://` for the proxy, and check its port'],
  'proxy-tls-slow': ['tls', 'dials', 'the proxy {proxy} began the TLS handshake and did not finish it', 'The proxy is overloaded, or something in between holds large packets back: `openssl s_client -connect PROXY:PORT`'],
  'proxy-tls': ['tls', 'dials', 'the proxy {proxy} cannot be used by TLS: {why}', "Check the proxy's certificate, or trust its authority by `proxy-ca`; if it speaks no TLS, say `http://` for it"],
  'server-spoke': ['tls', 'dials', 'the server spoke before it was asked, as no server of HTTP or TLS does', 'Another kind of server listens on that port, such as SSH: check [the port](#the-port)'],
  'tls-closed': ['tls', 'dials', 'it closed the connection during the TLS handshake', 'No TLS server listens there, or something in between cuts TLS: `openssl s_client -connect HOST:PORT`'],
  'tls-plain': ['tls', 'dials', 'the answer is not TLS: another kind of server listens on that port, such as one of plain HTTP', 'Check [the port](#the-port), or dial `ws://` in place of `wss://`: `curl -v http://HOST:PORT`'],
  'tls-name-unknown': ['tls', 'dials', 'it knows no host by the name that was requested (SNI)', 'Dial it by a name that the server has, or say which by `--tls-name`'],
  'tls-nothing-in-common': ['tls', 'dials', 'it and this end have no version or cipher of TLS in common (alert "{alert}")', 'The server has to take TLS 1.2 or 1.3; some answer so that want a certificate of this end, too'],
  'tls-certificate-wanted': ['tls', 'dials', 'it wants a certificate of this end, and was shown none', 'Give one that the server trusts by `--tls-cert` and `--tls-key`'],
  'tls-certificate-refused': ['tls', 'dials', 'it does not accept the certificate of this end (alert "{alert}")', 'The server trusts other authorities, or the certificate expired: `openssl x509 -in FILE -noout -text`'],
  'tls-no-http': ['tls', 'dials', 'it speaks no HTTP/1.1, which WebSocket takes (alert "no application protocol"): HTTP/2 alone?', 'Allow HTTP/1.1 on the web server or balancer before the peer'],
  'tls-alert': ['tls', 'dials', 'it ended the TLS handshake with the alert "{alert}"', 'Look at the log of the server: `openssl s_client -connect HOST:PORT`'],
  'tls-failed': ['tls', 'dials', 'no TLS with the server: {why}', 'What listens there speaks no TLS, or another one: `openssl s_client -connect HOST:PORT`'],
  'certificate-expired': ['tls', 'dials', 'its certificate expired{when}', "Renew the server's certificate; if it is good, check the clock of this host: `timedatectl`", 'slow'],
  'chain-expired': ['tls', 'dials', 'the certificate {name} of its chain expired{when}', "Renew the chain in the server's file, or the authority in that of `--tls-ca`: `openssl storeutl -noout -text -certs FILE`", 'slow'],
  'certificate-early': ['tls', 'dials', 'its certificate is not valid {until}', 'The clock of this host is behind, or that of whoever made the certificate ahead: `timedatectl`', 'slow'],
  'certificate-self-signed': ['tls', 'dials', 'its certificate is signed by itself; trust it as an authority, or pin its key', "Pin the server's key (`tls-pin`), or name the certificate as `tls-ca`; if you did not make it, somebody is in between", 'slow'],
  'certificate-untrusted': ['tls', 'dials', 'its certificate is signed by {issuer}, which is not trusted here', 'Name that authority as `tls-ca`, if it is yours; a server that does not send its chain looks so, too, and so does a proxy that inspects TLS', 'slow'],
  'certificate-unusable': ['tls', 'dials', 'its certificate cannot be accepted: {why}', "Have the server's administrator look at it: `openssl s_client -connect HOST:PORT -showcerts`", 'slow'],
  'certificate-revoked': ['tls', 'dials', 'its certificate was revoked', 'The server needs a new certificate', 'slow'],
  'certificate-name': ['tls', 'dials', 'its certificate is for another name: {names}', 'Dial it by a name that the certificate has, or say which by `--tls-name`', 'slow'],
  'certificate-pin': ['tls', 'dials', 'its certificate, signed by {issuer}, does not match the pin', 'Compare the pin with what `qanat pin FILE` says on the server; if they are the same, somebody is in between', 'slow'],

  // upgrade: a server's consent to WebSocket
  'upgrade-silent': ['upgrade', 'dials', '{who} did not answer the upgrade to WebSocket', 'A web server or proxy on the way waits for its own server: look at its log, and at the path of the endpoint'],
  'upgrade-slow': ['upgrade', 'dials', '{who} began to answer the upgrade to WebSocket and did not finish', 'Something on the way holds the answer back: look at the log of the web server or proxy there'],
  'upgrade-refused': ['upgrade', 'dials', 'the server answered {answer}', 'A web server answers, not Qanat: check the path of the endpoint, and that the web server passes Upgrade on'],
  'upgrade-answer-long': ['upgrade', 'dials', 'the server sent an answer of more than {most} bytes', 'Another kind of server listens on that port: check [the port](#the-port)'],
  'upgrade-http2': ['upgrade', 'dials', 'the server speaks HTTP/2 alone, and WebSocket takes HTTP/1.1', 'Allow HTTP/1.1 on the web server or balancer before the peer'],
  'upgrade-not-http': ['upgrade', 'dials', 'the server sent something that is not HTTP ({code})', 'Another kind of server listens on that port, or one of TLS: check [the port](#the-port), `ws://` or `wss://`'],
  'upgrade-closed': ['upgrade', 'dials', 'the server closed the connection without an answer', 'The server takes no WebSocket there, or something in between forbids it: check path and port, or try `wss://`'],
  'upgrade-broken': ['upgrade', 'dials', 'no WebSocket with the server: {why}', 'Something on the way changes the headers of the upgrade: try `wss://`'],

  // portal: a login page of the network, which answers in place of the server
  'portal-redirect': ['portal', 'dials', 'a login page is in the way: {asked} was sent on to {host}', 'Log in on that page with a browser; `qanat status` tells its address. If this network asks for no login, the web server at the endpoint sends visitors there: check its host and path'],
  'portal-status': ['portal', 'dials', 'a login page is in the way: {asked} was answered by 511, which asks for a login to the network', 'Open any page of `http://` with a browser, and log in: the tunnel is tried again all the time'],
  'portal-page': ['portal', 'dials', 'a login page seems to be in the way: {asked} was answered by a web page', 'Open any page of `http://` with a browser, and log in. If this network asks for no login, a web server answers, not Qanat: check host and path of the endpoint'],
  'portal-probe': ['portal', 'dials', 'a login page seems to be in the way: the probe was answered by something else than its URL says', 'Open any page of `http://` with a browser, and log in; if there is none to log in at, compare the end of `portal-probe` with what `curl URL` says'],
  'portal-certificate': ['portal', 'dials', "a login page may be in the way: somebody else's certificate came in place of the server's: {why}", "Open any page of `http://` with a browser, and log in. If this network asks for no login, have the server's certificate looked at on the server: `qanat pin FILE` there"],

  // open: a server's answer to the post that opens a session
  'post-silent': ['open', 'dials', '{who} did not answer the post that opens a session', 'A web server or proxy on the way waits for its own server: look at its log, and at the path of the endpoint'],
  'post-slow': ['open', 'dials', '{who} began to answer the post that opens a session and did not finish', 'Something on the way holds the answer back: look at the log of the web server or proxy there'],
  'post-refused': ['open', 'dials', 'the server answered a post by {answer}', 'A web server answers, not Qanat: check the path of the endpoint, and that what stands before the server passes posts on'],
  'post-refused-there': ['open', 'dials', 'the proxy {proxy}, or the server behind it, answered a post by {answer}', 'Check the path of the endpoint; if the proxy allows no posts there, try `https://`, for which it is asked to connect'],
  'post-answer-long': ['open', 'dials', '{who} answered a post by headers of more than {most} bytes', 'Another kind of server listens on that port: check [the port](#the-port)'],
  'post-not-http': ['open', 'dials', '{who} answered a post by something that is not HTTP ({code})', 'Another kind of server listens on that port, or one of TLS: check [the port](#the-port), `http://` or `https://`'],
  'post-closed': ['open', 'dials', '{who} closed the connection instead of answering a post', 'The server takes no posts there, or something in between forbids them: check path and port, or try `https://`'],
  'post-foreign': ['open', 'dials', '{who} answered a post by something that no server of Qanat says', 'A web server answers, not Qanat, or something on the way changes answers: check the path, or try `https://`'],
  'post-broken': ['open', 'dials', 'no post to the server: {why}', 'What the sentence says; it comes from the system'],

  // handshake: the proof that the peer is there
  'handshake-silent': ['handshake', 'dials', 'wrong key, wrong port or blocked?', 'Look at the log and the status of the other end; then [the causes](#the-causes-one-by-one)'],
  'handshake-unanswered': ['handshake', 'dials', 'it took the connection; wrong key, or does another program listen there?', 'Look at the log and the status of the other end: a wrong key shows there; check path and [port](#the-port)'],
  'handshake-closed': ['handshake', 'dials', 'the far end closed the connection before it proved to be the peer', 'Another program listens there, or a proxy or balancer whose server is gone: check path and [port](#the-port), and the log of the other end'],
  'handshake-foreign': ['handshake', 'dials', 'something came, and none of it proves the peer: does another program listen there, or is the preshared key wrong?', 'Check path and [port](#the-port); if they are right, compare the keys, and look at the status of the other end'],
  'handshake-late': ['handshake', 'dials', 'no answer: wrong key, wrong port, a clock that is behind, or blocked?', 'The same for more than 5 s: look at the other end, and at [the clock](#the-clock)'],
  'wrong-psk': ['handshake', 'dials', 'the answer of the peer does not open: wrong preshared key?', 'The two ends have different preshared keys, or one has none: compare the files given to `--psk-file`'],
  'wrong-key': ['handshake', 'listens', "a handshake does not match this end's key: an unknown source, or a peer with the wrong key", 'If `remote` is your peer: it has another shared key, or the wrong public key of this end: [the key](#the-key)'],
  'peer-unknown': ['handshake', 'listens', 'a peer that is not configured asks for a session', "`peer` is the public key that dialled, and `--peer-key` names another one: put that key there, if it is your peer's"],
  'answer-ignored': ['handshake', 'listens', 'nothing follows the answers to a peer: wrong preshared key, or blocked on the way back?', 'The peer does not take the answers, or does not get them: compare the preshared keys; then [something in between](#something-in-between)'],
  'clock-behind': ['handshake', 'listens', 'initiation is not newer than the last: replayed, or the clock of the peer went back', 'The peer started anew with an older clock: [the clock](#the-clock)'],
  'key-shared': ['handshake', 'either', 'a third end uses the shared key, which is for two', 'A copy of the key runs somewhere else: give each pair of ends a key of its own, or use `--cipher wireguard`'],

  // carry: a link that was there
  'link-closed': ['carry', 'either', 'the far end closed the connection', 'It is dialled again; if that goes on, look at the log of the other end and of what is in between'],
  'link-silent': ['carry', 'either', 'no answer', 'The link carried and is silent now: the network, the other end or its host is gone'],
  'link-reset': ['carry', 'either', 'the remote reset the connection', 'The other end was killed, or something in between cuts connections'],
  'link-ended': ['carry', 'either', 'the remote ended the connection', 'The other end was killed, or something in between cuts connections'],
  'websocket-closed': ['carry', 'either', 'the far end closed the WebSocket with code {code}: {why}', 'Look at the log of the other end, and of what carries WebSockets on the way: gateways close so if their own server refuses, is gone, or a message is too large for them'],
  'link-broken': ['carry', 'either', '{why}', 'The far end or something in between breaks the rules of the transport: are both ends Qanat, and by the same transport?'],
  'post-cut': ['carry', 'dials', 'an answer to a post ended before its time', 'Something in between cuts answers, or the server ended'],
  'post-late': ['carry', 'dials', 'a post was not answered in time', 'The network, the server or what stands before it is gone, or keeps posts back'],
  'session-unknown': ['carry', 'dials', 'the server does not know the session: it was started anew, or a balancer before several servers sends posts to different ones', 'It is dialled again; if that goes on, have the balancer send each client to one server'],
  'posts-spread': ['carry', 'dials', 'posts are spread over servers: one does not know the session that another one goes on with', 'Have the balancer send each client to one server, by its address or a cookie; cookies are kept'],
  'session-idle': ['carry', 'listens', 'no post came for too long', 'The client or its network is gone'],

  'link-aged': ['carry', 'dials', 'links are cut after {seconds} s, renewed before', 'Nothing: a load balancer or a proxy on the way bounds how old a connection gets, and packets move to the next one before; a larger bound there means fewer renewals'],
  'path-narrow': ['carry', 'either', 'packets of more than {bytes} bytes do not reach the peer whole: something on the way drops them', 'Nothing between ends of Qanat, which fit packets to the path; else lower the MTU at both ends'],
  'range-here': ['carry', 'either', '{range} does not go into the tunnel: {network} is a network of this host', 'Renumber one of the two networks, or lead a smaller range into the tunnel; at home with its own file all is well'],

  // listen: an address of this host
  'port-in-use': ['listen', 'listens', 'port {port} is in use; choose another one with --listen, or 0 for any', 'See who has it: `ss -lntup`'],
  'path-in-use': ['listen', 'listens', 'somebody listens there already', 'See who has it: `ss -lxp`'],
  'address-not-here': ['listen', 'listens', '{host} is no address of this host', 'Listen on an address that `ip address` shows, or on `[::]`'],
  'port-forbidden': ['listen', 'listens', 'port {port} needs root; choose one from {least} to {most}', 'Start as root, or with CAP_NET_BIND_SERVICE'],
  'path-forbidden': ['listen', 'listens', 'permission denied', 'Listen in a folder that this user may write'],

  // what nobody foresaw, or a plugin says in words of its own
  cancelled: ['dial', 'dials', 'it was cancelled', 'Nothing: whoever asked does not wait any more'],
  late: ['dial', 'dials', 'waiting for {step} last', 'Each step was over in its time, and all of them took too long: the way there is slow, or something holds it back'],
  'not-reached': ['dial', 'dials', 'not reached', 'The transport did not say what it waited for: look at its own log, and at the network'],
  other: ['dial', 'either', '{why}', 'What the sentence says; it comes from the system or from a plugin'],
} as const satisfies Readonly<Record<string, Row>>

/** The codes of the catalog. */
export type ReasonCode = keyof typeof CATALOG
