/**
 * Keeps a late answer from replacing a newer one. `begin` a request, then `accept` its answer: false means that a later
 * request has been answered already, so this answer is out of date.
 */
export class AnswerOrder {
  #begun = 0
  #accepted = 0

  begin(): { accept(): boolean } {
    const request = ++this.#begun
    return {
      accept: () => {
        if (request < this.#accepted) return false
        this.#accepted = request
        return true
      },
    }
  }
}
