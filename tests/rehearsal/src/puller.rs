//! A client that pulls an image once a second, each time anew.

use std::sync::Arc;

use anyhow::Result;

use crate::client::Client;
use crate::repeat::Repeat;
use crate::traffic::PATIENCE;

/// Starts pulling `image` again and again.
pub fn start(client: Arc<Client>, image: String) -> Repeat {
    Repeat::start(move || {
        let (client, image) = (Arc::clone(&client), image.clone());
        async move { pull(&client, &image).await }
    })
}

async fn pull(client: &Client, image: &str) -> Result<Option<String>> {
    // Without the image at hand, every pull fetches manifest and layer through the load balancer.
    let _absent_the_first_time = client.run(&["docker", "image", "rm", "--force", image], "").await?;
    Ok(client.run(&["timeout", &PATIENCE.to_string(), "docker", "pull", "--quiet", image], "").await?.failure())
}
