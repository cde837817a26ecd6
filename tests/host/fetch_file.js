const granted = await fetch("./data/empty.wasm");
console.log(granted.status, granted.headers.get("content-type"), new Uint8Array(await granted.arrayBuffer()).length);
console.log(await (await fetch("data:text/plain;base64,aGk=")).text());
console.log(await (await fetch(URL.createObjectURL(new Blob(["blob"])))).text());
const bad = [
  "./secret.txt", "./data/../secret.txt", "./data/gone.wasm", "file:///etc/passwd", "file:///nowhere.wasm", "data/a%00.wasm",
  "http://localhost:9999/x", "https://localhost:9999/", "ftp://localhost/", "http://[",
];
for (const url of bad) {
  try {
    await fetch(url);
    console.log(url, "was let through");
  } catch (error) {
    console.log(url, error.name, error.code ?? "-", error.message.includes("manifest's [capabilities."));
  }
}
