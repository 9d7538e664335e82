import type { Kept } from './mutant.js'

/** The promises of docs/security.md about marks and look-ups. */
export const onLookUps: readonly Kept[] = [
  {
    promise: 'Connections and look-ups bear their mark from the first packet',
    mutants: [
      {
        breaks: 'a connection bears no mark',
        file: 'src/native/sockets/marked-socket.ts',
        text: '    setMark(native, fd, mark)\n    return fd\n',
        replacement: '    return fd\n',
        test: 'test/transports/dialing/marked-egress.test.ts',
        name: 'reaches what only marked packets reach, from the first packet to the last',
      },
      {
        breaks: 'a look-up bears no mark',
        file: 'src/native/sockets/marked-socket.ts',
        text: '    setMark(native, fd, mark)\n    return fd\n',
        replacement: "    if (kind === 'stream') setMark(native, fd, mark)\n    return fd\n",
        test: 'test/transports/dialing/marked-egress.test.ts',
        name: 'looks names up by marked datagrams',
      },
    ],
  },
  {
    promise: 'Answers of name servers that are random, cut, endless, or to another question do no harm',
    mutants: [
      {
        breaks: 'an answer to another question is taken',
        file: 'src/transports/dns/dns-message.ts',
        text: '    id === question.id &&\n',
        replacement: '',
        test: 'test/transports/dns/dns-message.test.ts',
        name: 'is none where its number, its name, its type or its direction is another',
      },
      {
        breaks: 'addresses of other names are taken',
        file: 'src/transports/dns/dns-message.ts',
        text: 'answers.filter((record) => canonical(record.name) === wanted)',
        replacement: 'answers.slice()',
        test: 'test/transports/dns/dns-message.test.ts',
        name: 'brings no address of another name',
      },
    ],
  },
]
