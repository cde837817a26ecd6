//! A plugin in Rust. What the app gives is a function; what the plugin gives is a trait.

wit_bindgen::generate!({ path: "../shout.wit", world: "plugin" });

use demo::shout::app;

struct Plugin;
export!(Plugin);

impl Guest for Plugin {
    fn shout(text: String) -> String {
        app::log(&text);
        text.to_uppercase() + "!"
    }

    fn divide(a: i32, b: i32) -> Result<i32, String> {
        a.checked_div(b).ok_or_else(|| "division by zero".to_owned())
    }
}
