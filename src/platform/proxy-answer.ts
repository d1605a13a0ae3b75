/** Explains an error status whose body is not in the server's error format: a proxy in front of the server sent it. */
export function describeProxyAnswer(status: number): string {
  switch (status) {
    case 413:
      return 'the proxy in front of the server refuses bodies of this size; whoever runs it can allow more (nginx: client_max_body_size)'
    case 502:
    case 503:
    case 504:
      return 'the server behind the proxy does not answer; is it running, and is the proxy told the right port?'
    default:
      return 'the answer did not come from Minus One; are the URL and its path right?'
  }
}
