/**
 * What is wrong when an answer with this status is not in the form of the server's own errors: a proxy in front of the server
 * made it.
 */
export function describeProxyAnswer(status: number): string {
  switch (status) {
    case 413:
      return 'the proxy in front of the server refuses bodies of this size; whoever runs it can allow more (nginx: client_max_body_size)'
    case 502:
    case 503:
    case 504:
      return 'the server behind the proxy does not answer; is it running, and is the proxy told the right port?'
    default:
      return 'that is not an answer of Minus One; is the URL right, its path included?'
  }
}
