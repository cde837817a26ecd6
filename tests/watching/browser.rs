//! Chromium without a window, driven as the standard WebDriver has it.

use super::app::PATIENCE;
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What keeps it from asking anybody but us for anything.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// A fresh one, of this size.
    pub fn start(width: u32, height: u32) -> Browser {
        let missing = "chromedriver does not start: `scripts/setup.sh test` installs it";
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Command::new("chromedriver");
        // It leaves nothing in anybody's home folder.
        driver.arg("--port=0").env("HOME", profile.path()).stdout(Stdio::piped());
        let mut driver = driver.spawn().expect(missing);
        let mut said = String::new();
        let mut stdout = BufReader::new(driver.stdout.take().unwrap());
        while !said.contains("started successfully on port ") {
            assert!(stdout.read_line(&mut said).unwrap() > 0, "{missing}: {said}");
        }
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        let port = said.rsplit("on port ").next().unwrap().trim_end().trim_end_matches('.').parse().unwrap();
        let mut flags: Vec<String> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let options = json!({
            "args": flags,
            "mobileEmulation": { "deviceMetrics": { "width": width, "height": height, "pixelRatio": 2, "mobile": width < 600 } },
        });
        let capabilities = json!({ "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let mut browser = Browser { driver, port, session: String::new(), _profile: profile };
        let session = browser.ask("POST", "/session", &json!({ "capabilities": { "alwaysMatch": capabilities } }));
        browser.session = session["sessionId"].as_str().unwrap().to_owned();
        browser
    }

    pub fn open(&self, url: &str) {
        self.command("POST", "url", &json!({ "url": url }));
    }

    /// What this script returns.
    pub fn run(&self, script: &str) -> Value {
        self.command("POST", "execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The text of an element, as it is to be seen; none if it is not there.
    pub fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        let text = self.command("POST", "execute/sync", &json!({ "script": script, "args": [selector] }));
        text.as_str().unwrap().to_owned()
    }

    /// As a finger or a mouse does: what is not to be seen, or covered, cannot be clicked.
    pub fn click(&self, selector: &str) {
        let element = self.command("POST", "element", &json!({ "using": "css selector", "value": selector }));
        let id = element.as_object().unwrap().values().next().unwrap().as_str().unwrap();
        self.command("POST", &format!("element/{id}/click"), &json!({}));
    }

    /// What the browser complained of: errors of scripts, what the page's policy has refused.
    pub fn problems(&self) -> Vec<String> {
        let log = self.command("POST", "se/log", &json!({ "type": "browser" }));
        let messages = log.as_array().unwrap().iter().map(|entry| entry["message"].as_str().unwrap().to_owned());
        // The tests try what the policy refuses.
        messages.filter(|message| !message.contains("TrustedHTML")).collect()
    }

    fn command(&self, method: &str, what: &str, body: &Value) -> Value {
        self.ask(method, &format!("/session/{}/{what}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.sent(method, path, body).unwrap_or_else(|error| panic!("{path}: {error}"));
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer["value"]["error"].is_null(), "{path}: {answer}");
        answer["value"].clone()
    }

    /// The body of the answer. The driver keeps the connection open, so that has to be counted.
    fn sent(&self, method: &str, path: &str, body: &Value) -> io::Result<Vec<u8>> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")?;
        write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        let mut answer = BufReader::new(stream);
        let (mut line, mut length) = (String::new(), 0);
        while answer.read_line(&mut line)? > 0 && line != "\r\n" {
            if let Some(count) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = count.trim().parse().map_err(io::Error::other)?;
            }
            line.clear();
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body)?;
        Ok(body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its processes would outlive the driver.
        let _ = self.sent("DELETE", &format!("/session/{}", self.session), &Value::Null);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
