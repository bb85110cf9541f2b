//! The things that go wrong, and what must be true of each.

use std::time::Duration;

use crate::traffic::{LAYER, PATIENCE};

/// Bytes of a disk that is too small for the images that pass.
pub const SMALL_DISK: u64 = 200_000_000;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL to the registry of a node.
    RegistryKilled,
    /// `systemctl restart docker` on a node.
    DockerRestarted,
    /// SIGKILL to every process of nginx on a node.
    NginxKilled,
    /// A node is gone from one moment to the next.
    PowerLost,
    /// Every process of a node is stopped; its kernel goes on taking connections.
    Frozen,
    /// A node's network is cut; it runs on.
    CutOff,
    /// Each call of S3 takes a second longer, for a minute.
    S3Slow,
    /// S3 answers nothing but 500 for so long.
    S3Failing(Duration),
    /// Secrets cannot be read while a node boots.
    SecretAtBoot,
    /// The users' secret alone cannot be read while a node boots.
    UsersAtBoot,
    /// Secrets cannot be read by nodes that run.
    SecretLater,
    /// Nodes with a small disk take many times its size.
    SmallDisk,
    /// AWS refuses every call as signed by a wrong clock, for a minute.
    ClockWrong,
    /// Every node reboots at once.
    RebootAll,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::RegistryKilled,
        Self::DockerRestarted,
        Self::NginxKilled,
        Self::PowerLost,
        Self::Frozen,
        Self::CutOff,
        Self::S3Slow,
        Self::S3Failing(Duration::from_secs(120)),
        Self::SecretAtBoot,
        Self::UsersAtBoot,
        Self::SecretLater,
        Self::ClockWrong,
        Self::RebootAll,
        Self::SmallDisk,
    ];

    /// The few that every rehearsal performs: those that are over soon.
    pub const FEW: [Self; 4] =
        [Self::RegistryKilled, Self::DockerRestarted, Self::NginxKilled, Self::S3Failing(Duration::from_secs(10))];

    /// Its name, for a table.
    pub fn name(self) -> String {
        match self {
            Self::RegistryKilled => "registry killed on one node".to_owned(),
            Self::DockerRestarted => "docker restarted on one node".to_owned(),
            Self::NginxKilled => "nginx killed on one node".to_owned(),
            Self::PowerLost => "one node loses power".to_owned(),
            Self::Frozen => "one node freezes".to_owned(),
            Self::CutOff => "one node cut off the network".to_owned(),
            Self::S3Slow => "S3 slower by 1 s a call, for 60 s".to_owned(),
            Self::S3Failing(time) => format!("S3 fails for {} s", time.as_secs()),
            Self::SecretAtBoot => "secrets unreadable while a node boots".to_owned(),
            Self::UsersAtBoot => "users' secret unreadable while a node boots".to_owned(),
            Self::SecretLater => "secrets unreadable while nodes run".to_owned(),
            Self::SmallDisk => format!("disks of {} MB, layers of 30 MB", SMALL_DISK / 1_000_000),
            Self::ClockWrong => "AWS refuses every signature's time, for 60 s".to_owned(),
            Self::RebootAll => "every node reboots at once".to_owned(),
        }
    }

    /// Bytes of the layers that are pushed meanwhile.
    pub fn layer(self) -> u64 {
        if self == Self::SmallDisk { 30_000_000 } else { LAYER }
    }

    /// Whether a node may be replaced for it.
    pub fn may_replace(self) -> bool {
        match self {
            Self::PowerLost | Self::Frozen | Self::CutOff | Self::SmallDisk | Self::RebootAll => true,
            Self::SecretAtBoot | Self::UsersAtBoot => true,
            Self::RegistryKilled | Self::DockerRestarted | Self::NginxKilled => false,
            // An incident of S3 must not recycle every node, nor one of any other service.
            Self::S3Slow | Self::S3Failing(_) | Self::SecretLater | Self::ClockWrong => false,
        }
    }

    /// For how long a client may be without a success. About twice what was seen on two loaded cores (CHAOS.md), which also
    /// run all nodes. What is under way at a node that dies without a word hangs until its client gives up.
    pub fn longest_gap(self) -> Duration {
        let beyond = |fault: Duration| fault + Duration::from_secs(60);
        match self {
            Self::RegistryKilled | Self::DockerRestarted | Self::NginxKilled => Duration::from_secs(30),
            Self::SecretLater => Duration::from_secs(30),
            Self::S3Failing(time) => beyond(time),
            Self::S3Slow | Self::ClockWrong => beyond(Duration::from_secs(60)),
            Self::PowerLost | Self::Frozen | Self::CutOff | Self::SecretAtBoot | Self::UsersAtBoot => {
                beyond(Duration::from_secs(PATIENCE))
            }
            Self::RebootAll | Self::SmallDisk => beyond(Duration::from_secs(PATIENCE)),
        }
    }

    /// Whether clients must not notice it at all.
    pub fn is_unseen(self) -> bool {
        matches!(self, Self::SecretLater)
    }
}
