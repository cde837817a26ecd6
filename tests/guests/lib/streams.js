// Reading what a guest prints.

const decoder = new TextDecoder();

/** All of a stream as a text. */
export async function readAll(stream) {
  let text = "";
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** Gives one line after another, without its end; `null` when the stream is over. */
export function lineReader(stream) {
  const reader = stream.getReader();
  let rest = "";
  return async () => {
    while (!rest.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) return null;
      rest += decoder.decode(value, { stream: true });
    }
    const end = rest.indexOf("\n");
    const line = rest.slice(0, end);
    rest = rest.slice(end + 1);
    return line;
  };
}
