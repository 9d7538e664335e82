/** Does some work, none of it later, where sockets belong to a network namespace. */
export type Inside = <Result>(work: () => Result) => Result
