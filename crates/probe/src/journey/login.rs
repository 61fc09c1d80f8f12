//! Wrong log-ins, one after the other, where the user asked for them.

use crate::{
    cookie::Cookie,
    exchange::{Ask, Purpose},
    login::Format,
    page::is_token_name,
    seen::{LoginSeen, page_of},
};

use super::Journey;

impl Journey<'_> {
    pub(super) fn login(&mut self) {
        let Some(login) = self.options.login.clone() else { return };
        let Some(url) = login.address(&self.options.url).filter(|url| self.client.may_ask(url)) else {
            return;
        };
        self.seen.login = Some(LoginSeen { attempts: login.attempts(), success: login.success.clone() });
        for attempt in 0..login.attempts() {
            let mut fields = login.fields();
            let mut jar = Vec::new();
            if login.format() == Format::Form
                && let Some(at) = self.ask(Ask::get(Purpose::Again, &url))
            {
                let exchange = &self.seen.exchanges[at];
                let forms = page_of(exchange).into_iter().flat_map(|page| page.forms);
                let hidden = forms.filter(|form| form.has_password()).flat_map(|form| form.fields);
                for field in hidden.filter(|field| field.kind == "hidden" || is_token_name(&field.name)) {
                    if !fields.iter().any(|(name, _)| *name == field.name) {
                        fields.push((field.name, field.value));
                    }
                }
                let cookies = exchange.answer().into_iter().flat_map(|answer| answer.all("set-cookie"));
                jar.extend(
                    cookies
                        .filter_map(Cookie::parse)
                        .map(|cookie| format!("{}={}", cookie.name, cookie.value)),
                );
            }
            let ask = Ask::with(Purpose::Login(attempt), "POST", &url);
            let ask = match login.format() {
                Format::Form => ask.form(&fields),
                Format::Json => {
                    let object: serde_json::Map<String, serde_json::Value> =
                        fields.into_iter().map(|(name, value)| (name, value.into())).collect();
                    let body = serde_json::Value::Object(object).to_string().into_bytes();
                    Ask { body: Some(body), ..ask }.header("Content-Type", "application/json")
                }
            };
            let ask =
                ask.header("Origin", url.origin().ascii_serialization()).header("Referer", url.as_str());
            let ask = if jar.is_empty() { ask } else { ask.header("Cookie", jar.join("; ")) };
            let at = self.ask(ask);
            let status = at.and_then(|at| self.seen.exchanges[at].answer()).map(|answer| answer.status);
            // Whoever is told to wait waits.
            if status == Some(429) {
                break;
            }
        }
    }
}
